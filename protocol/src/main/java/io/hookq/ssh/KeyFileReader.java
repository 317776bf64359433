package io.hookq.ssh;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;

/**
 * Reads one private key from a file. Stateless.
 *
 * <p>MINA's own loader is not used for files: it refuses 0440, which systemd gives to credentials,
 * and passes over broken files in silence.
 */
final class KeyFileReader {
  /** A 16384-bit RSA key takes 13 KB. */
  private static final int MAX_SIZE = 256 * 1024;

  private static final Pattern OPENSSH_FORMAT =
      Pattern.compile(
          "-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END OPENSSH PRIVATE KEY-----");

  static {
    JdkEd25519.register();
  }

  private KeyFileReader() {}

  /**
   * Reads the key.
   *
   * @throws NoSuchFileException if the file is not there and may be missing
   * @throws SshAuthenticationException if there is no usable key in it, with the cure
   */
  static KeyPair read(SshIdentity.KeyFile identity) throws IOException {
    Path file = identity.path();
    try {
      if (identity.checkMode()) {
        refuseReadableByOthers(file);
      }
      byte[] text = readBounded(file);
      return parse(file, text);
    } catch (NoSuchFileException e) {
      if (identity.optional()) {
        throw e;
      }
      throw failure(
          "key file " + file + " does not exist",
          "make one with: ssh-keygen -t ed25519 -N '' -f " + file,
          e);
    } catch (AccessDeniedException e) {
      throw failure(
          "key file " + file + " cannot be read by user " + System.getProperty("user.name"),
          "give the file to the user this runs as, with mode 0600",
          e);
    } catch (SshAuthenticationException e) {
      throw e;
    } catch (IOException e) {
      throw failure("key file " + file + " cannot be read: " + e.getMessage(), null, e);
    }
  }

  /**
   * As {@code ssh} does it: the group's access to someone else's file is that person's decision (a
   * key of root for the group of a service); but what all can read is no secret.
   */
  private static void refuseReadableByOthers(Path file) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    boolean ours = Files.getOwner(file).getName().equals(System.getProperty("user.name"));
    boolean open =
        mode.stream()
            .anyMatch(permission ->
                permission.name().startsWith("OTHERS_")
                    || (ours && permission.name().startsWith("GROUP_")));
    if (open) {
      throw failure(
          "key file "
              + file
              + " can be read by others (mode "
              + PosixFilePermissions.toString(mode)
              + ")",
          "chmod 600 " + file,
          null);
    }
  }

  private static byte[] readBounded(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("it is a directory");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] text = in.readNBytes(MAX_SIZE + 1);
      if (text.length > MAX_SIZE) {
        throw new IOException("it is larger than any key");
      }
      return text;
    }
  }

  private static KeyPair parse(Path file, byte[] text) throws IOException {
    var askedForPassphrase = new AtomicBoolean();
    FilePasswordProvider passphrase =
        (session, resource, retry) -> {
          askedForPassphrase.set(true);
          return null;
        };
    Throwable cause = null;
    try {
      Iterable<KeyPair> pairs =
          SecurityUtils.loadKeyPairIdentities(
              null,
              NamedResource.ofName(file.toString()),
              new ByteArrayInputStream(text),
              passphrase);
      if (pairs != null && pairs.iterator().hasNext()) {
        return pairs.iterator().next();
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      cause = e;
    }
    String head = new String(text, 0, Math.min(text.length, 256), StandardCharsets.ISO_8859_1);
    if (askedForPassphrase.get() || head.contains("BEGIN ENCRYPTED PRIVATE KEY")) {
      throw failure(
          "key file " + file + " is protected by a passphrase, which nobody is here to type",
          "load it into an ssh-agent (ssh-add "
              + file
              + "), use a key of its own without one (ssh-keygen -t ed25519 -N '' -f FILE), or"
              + " remove it: ssh-keygen -p -N '' -f "
              + file,
          cause);
    }
    if (head.startsWith("ssh-") || head.startsWith("ecdsa-") || head.startsWith("sk-")) {
      throw failure(
          "key file " + file + " holds a public key",
          "name the private key beside it, without .pub",
          cause);
    }
    String why = cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage();
    throw failure(
        "key file " + file + " holds no private key that can be used" + why,
        "Ed25519, RSA and ECDSA keys in OpenSSH's format or as PEM can be used",
        cause);
  }

  /**
   * The public half of a key, without its private one: the file itself, if it holds no more; {@code
   * FILE.pub} beside it; or what OpenSSH's format has in clear. Empty if it cannot be had.
   */
  static Optional<PublicKey> publicHalf(Path file) {
    for (Path candidate : List.of(file, Path.of(file + ".pub"))) {
      try {
        String text = new String(readBounded(candidate), StandardCharsets.ISO_8859_1).strip();
        Matcher armour = OPENSSH_FORMAT.matcher(text);
        if (armour.find()) {
          return Optional.of(
              inClear(Base64.getDecoder().decode(armour.group(1).replaceAll("\\s", ""))));
        }
        return Optional.of(PublicKeyText.parse(text).decode());
      } catch (IOException | GeneralSecurityException | RuntimeException e) {
        // Not in this file.
      }
    }
    return Optional.empty();
  }

  /** "openssh-key-v1", cipher, kdf, its options, the number of keys, the first public one. */
  private static PublicKey inClear(byte[] bytes) throws IOException, GeneralSecurityException {
    var buffer = new ByteArrayBuffer(bytes);
    buffer.rpos("openssh-key-v1\0".length());
    buffer.getString();
    buffer.getString();
    buffer.getBytes();
    buffer.getInt();
    return new ByteArrayBuffer(buffer.getBytes()).getRawPublicKey();
  }

  private static SshAuthenticationException failure(
      String message, @Nullable String hint, @Nullable Throwable cause) {
    return new SshAuthenticationException(message, hint, cause);
  }
}
