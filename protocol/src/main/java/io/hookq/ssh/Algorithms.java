package io.hookq.ssh;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.cipher.Cipher;
import org.apache.sshd.common.compression.BuiltinCompressions;
import org.apache.sshd.common.compression.Compression;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.kex.KeyExchangeFactory;
import org.apache.sshd.common.mac.BuiltinMacs;
import org.apache.sshd.common.mac.Mac;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;

/**
 * What we offer, best first. Nothing with SHA-1, CBC, DSA or 3DES.
 *
 * <p>Post-quantum key exchange comes first, with the JDK's own ML-KEM ({@link JdkMlKem}). The older
 * {@code sntrup761x25519} of OpenSSH 8.5 to 9.8 would need Bouncy Castle, and is not offered.
 */
final class Algorithms {
  static {
    JdkEd25519.register();
  }

  /**
   * AES-GCM first, whatever OpenSSH prefers: the JVM has instructions for it and none for chacha20,
   * which is twice as slow here.
   */
  static final List<NamedFactory<Cipher>> CIPHERS =
      List.of(
          BuiltinCiphers.aes128gcm,
          BuiltinCiphers.aes256gcm,
          BuiltinCiphers.aes128ctr,
          BuiltinCiphers.aes256ctr,
          BuiltinCiphers.cc20p1305_openssh);

  static final List<NamedFactory<Mac>> MACS =
      List.of(
          BuiltinMacs.hmacsha256etm,
          BuiltinMacs.hmacsha512etm,
          BuiltinMacs.hmacsha256,
          BuiltinMacs.hmacsha512);

  static final List<DHFactory> KEY_AGREEMENTS =
      List.of(
          JdkMlKem.MLKEM768_X25519,
          BuiltinDHFactories.curve25519,
          BuiltinDHFactories.curve25519_libssh,
          BuiltinDHFactories.ecdhp256,
          BuiltinDHFactories.ecdhp384,
          BuiltinDHFactories.ecdhp521,
          BuiltinDHFactories.dhgex256,
          BuiltinDHFactories.dhg16_512,
          BuiltinDHFactories.dhg14_256);

  static final List<KeyExchangeFactory> KEY_EXCHANGES =
      KEY_AGREEMENTS.stream()
          .filter(DHFactory::isSupported)
          .map(ClientKeyExchange::factory)
          .toList();

  /** {@code zlib@openssh.com} only: the other zlib begins before the peer is known. */
  static final List<NamedFactory<Compression>> ZLIB =
      List.of(BuiltinCompressions.delayedZlib, BuiltinCompressions.none);

  static final List<NamedFactory<Compression>> NO_COMPRESSION = List.of(BuiltinCompressions.none);

  private static final List<BuiltinSignatures> SIGNATURES =
      List.of(
          BuiltinSignatures.ed25519,
          BuiltinSignatures.nistp256,
          BuiltinSignatures.nistp384,
          BuiltinSignatures.nistp521,
          BuiltinSignatures.rsaSHA512,
          BuiltinSignatures.rsaSHA256);

  /** Those of host certificates, asked for where a file names an authority. */
  private static final List<BuiltinSignatures> CERTIFICATES =
      List.of(
          BuiltinSignatures.ed25519_cert,
          BuiltinSignatures.nistp256_cert,
          BuiltinSignatures.nistp384_cert,
          BuiltinSignatures.nistp521_cert,
          BuiltinSignatures.rsaSHA512_cert,
          BuiltinSignatures.rsaSHA256_cert);

  /** What our own keys and certificates sign with. */
  static final List<NamedFactory<Signature>> USER_SIGNATURES =
      Stream.<NamedFactory<Signature>>concat(SIGNATURES.stream(), CERTIFICATES.stream()).toList();

  private Algorithms() {}

  /** With those of host certificates before all others. */
  static List<NamedFactory<Signature>> certifiedSignatures(List<String> first) {
    return Stream.concat(CERTIFICATES.stream(), signatures(first).stream()).toList();
  }

  /** All signature algorithms, those for the key types in {@code first} before the others. */
  static List<NamedFactory<Signature>> signatures(List<String> first) {
    var ordered = new ArrayList<NamedFactory<Signature>>();
    for (String type : first) {
      SIGNATURES.stream().filter(s -> keyType(s).equals(type)).forEach(ordered::add);
    }
    SIGNATURES.stream().filter(s -> !ordered.contains(s)).forEach(ordered::add);
    return ordered;
  }

  /** One RSA key makes signatures of several algorithms; for the others the names are the same. */
  private static String keyType(BuiltinSignatures signature) {
    return signature.getName().startsWith("rsa-sha2-") ? "ssh-rsa" : signature.getName();
  }
}
