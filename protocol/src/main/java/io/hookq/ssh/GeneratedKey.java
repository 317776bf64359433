package io.hookq.ssh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;

/**
 * A fresh Ed25519 key in memory, for a demonstration or a test that must not touch anyone's keys.
 */
public final class GeneratedKey implements SshIdentity {
  static {
    JdkEd25519.register();
  }

  private final KeyPair pair;

  private GeneratedKey(KeyPair pair) {
    this.pair = pair;
  }

  /** Makes a key. */
  public static GeneratedKey ed25519() {
    try {
      return new GeneratedKey(KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no Ed25519", e);
    }
  }

  KeyPair pair() {
    return pair;
  }

  /** The line for {@code authorized_keys}: {@code ssh-ed25519 AAAA…}. */
  public String publicLine() {
    return PublicKeyText.of(pair.getPublic()).toString();
  }

  /**
   * Writes the private key in OpenSSH's format to a new file that only its owner can read.
   *
   * @throws IOException if the file exists already or cannot be written
   */
  public void writeTo(Path file) throws IOException {
    var text = new ByteArrayOutputStream();
    try {
      OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, "hookq", null, text);
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot write " + file, e);
    }
    try (var channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      var bytes = ByteBuffer.wrap(text.toByteArray());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  @Override
  public String toString() {
    return "a generated key";
  }
}
