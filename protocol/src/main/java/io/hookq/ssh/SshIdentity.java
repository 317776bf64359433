package io.hookq.ssh;

import java.nio.file.Path;
import java.util.List;

/** One thing that proves who we are to an SSH server. Immutable. */
public sealed interface SshIdentity
    permits SshIdentity.KeyFile, SshIdentity.Certificate, SshIdentity.AgentKeys, GeneratedKey {

  /**
   * A private key in a file: ed25519, RSA or ECDSA, in OpenSSH's own format or as PEM, without a
   * passphrase. Read anew for every session, so that a replaced key counts at once. A certificate
   * beside it, {@code FILE-cert.pub}, is offered too. Where the key cannot be read (it has a
   * passphrase, or is not there but {@code FILE.pub} is), an agent may hold it.
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

  /** A user certificate in a file, for one of the other keys. One that is not there is told of. */
  record Certificate(Path path) implements SshIdentity {
    @Override
    public String toString() {
      return path.toString();
    }
  }

  /**
   * What an ssh-agent holds. An agent that cannot be asked is no error as long as there are other
   * keys.
   *
   * @param socket as in {@code SSH_AUTH_SOCK}
   * @param onlyOurs only those of its keys that the files among the identities name
   */
  record AgentKeys(Path socket, boolean onlyOurs) implements SshIdentity {
    @Override
    public String toString() {
      return "ssh-agent " + socket;
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
