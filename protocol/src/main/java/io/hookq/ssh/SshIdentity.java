package io.hookq.ssh;

import java.nio.file.Path;
import java.util.List;

/** One thing that proves who we are to an SSH server. Immutable. */
public sealed interface SshIdentity permits SshIdentity.KeyFile, GeneratedKey {

  /**
   * A private key in a file: ed25519, RSA or ECDSA, in OpenSSH's own format or as PEM, without a
   * passphrase. Read anew for every session, so that a replaced key counts at once.
   *
   * @param checkMode refuse a file that group or others can read, as {@code ssh} does
   * @param optional a file that is not there is passed over
   */
  record KeyFile(Path path, boolean checkMode, boolean optional) implements SshIdentity {
    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** A key file that must be there and that nobody else may read. */
  static SshIdentity keyFile(Path path) {
    return new KeyFile(path, true, false);
  }

  /**
   * A key file that a service manager has put in place. Its mode says nothing: systemd makes
   * credentials 0440 where the unit runs as another user.
   */
  static SshIdentity credential(Path path) {
    return new KeyFile(path, false, false);
  }

  /** The keys that {@code ssh} itself would try, in the order of preference; none has to exist. */
  static List<SshIdentity> defaults(Path home) {
    Path folder = home.resolve(".ssh");
    return List.of(
        new KeyFile(folder.resolve("id_ed25519"), true, true),
        new KeyFile(folder.resolve("id_ecdsa"), true, true),
        new KeyFile(folder.resolve("id_rsa"), true, true));
  }
}
