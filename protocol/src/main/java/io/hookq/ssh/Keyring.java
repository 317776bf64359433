package io.hookq.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The keys to offer to one server, in order, and why others are not among them. Immutable.
 *
 * <p>The order is that of {@code ssh}: keys of ours that an agent holds, the agent's other keys,
 * keys from files. Of each key its certificate goes first: where it is enough, the bare key would
 * cost one of the few attempts that servers allow.
 *
 * @param passedOver why keys that could have been offered are not
 * @param hint what could be done about that
 */
record Keyring(List<OfferedKey> keys, List<String> passedOver, Optional<String> hint) {
  static {
    JdkEd25519.register();
  }

  Keyring {
    keys = List.copyOf(keys);
    passedOver = List.copyOf(passedOver);
  }

  /**
   * Reads the files and asks the agents.
   *
   * @throws SshAuthenticationException if a key that must be there cannot be had
   */
  static Keyring of(List<SshIdentity> identities) throws SshAuthenticationException {
    return new Gathering().gather(identities);
  }

  /** A key of ours: in a file that can be read, or one of which only the public half is known. */
  private record Ours(
      @Nullable PublicKey open,
      @Nullable KeyPair pair,
      String from,
      List<Certified> certificates,
      Optional<SshAuthenticationException> mustBeThere) {}

  private record Certified(OpenSshCertificate certificate, Path file) {}

  private static final class Gathering {
    private final List<Ours> ours = new ArrayList<>();
    private final List<Certified> loose = new ArrayList<>();
    private final List<String> passedOver = new ArrayList<>();
    private @Nullable String hint;

    Keyring gather(List<SshIdentity> identities) throws SshAuthenticationException {
      var agents = new ArrayList<SshIdentity.AgentKeys>();
      for (SshIdentity identity : identities) {
        switch (identity) {
          case GeneratedKey key ->
              ours.add(
                  new Ours(
                      key.pair().getPublic(),
                      key.pair(),
                      key.toString(),
                      List.of(),
                      Optional.empty()));
          case SshIdentity.KeyFile file -> load(file);
          case SshIdentity.Certificate(Path file) -> certificate(file, true).ifPresent(loose::add);
          case SshIdentity.AgentKeys agent -> agents.add(agent);
        }
      }
      var held = new ArrayList<OfferedKey>();
      var others = new ArrayList<OfferedKey>();
      var done = new ArrayList<Ours>();
      for (SshIdentity.AgentKeys agent : agents) {
        ask(agent, held, others, done);
      }
      var keys = new ArrayList<OfferedKey>(held);
      keys.addAll(others);
      for (Ours key : ours) {
        if (!done.contains(key)) {
          offer(key, keys);
        }
      }
      return new Keyring(keys, passedOver, Optional.ofNullable(hint));
    }

    private void offer(Ours key, List<OfferedKey> keys) throws SshAuthenticationException {
      KeyPair pair = key.pair();
      if (pair == null) {
        if (key.mustBeThere().isPresent()) {
          throw key.mustBeThere().get();
        }
        return;
      }
      for (Certified certified : certificates(key)) {
        keys.add(OfferedKey.of(certified.certificate(), pair, certified.file().toString()));
      }
      keys.add(OfferedKey.of(pair.getPublic(), pair, key.from()));
    }

    private List<Certified> certificates(Ours key) {
      var all = new ArrayList<>(key.certificates());
      PublicKey open = key.open();
      if (open != null) {
        loose.stream()
            .filter(c -> OfferedKey.bare(c.certificate()).equals(OfferedKey.bare(open)))
            .forEach(all::add);
      }
      return all;
    }

    // ── Agents ───────────────────────────────────────────────────────────────────────────────

    private void ask(
        SshIdentity.AgentKeys identity,
        List<OfferedKey> held,
        List<OfferedKey> others,
        List<Ours> done) {
      var agent = new Agent(identity.socket());
      String from = "ssh-agent " + agent.socket();
      List<Agent.Key> keys;
      try {
        keys = agent.keys();
      } catch (IOException | RuntimeException e) {
        passedOver.add("the %s cannot be asked: %s".formatted(from, e.getMessage()));
        return;
      }
      if (keys.isEmpty()) {
        passedOver.add("the " + from + " holds no key, or is locked");
      }
      for (Agent.Key key : keys) {
        PublicKey shown;
        try {
          if (key.type().startsWith("sk-")) {
            // Its signatures have more parts, and somebody must touch it.
            throw new IOException("keys on security tokens cannot be used");
          }
          shown = new ByteArrayBuffer(key.blob()).getRawPublicKey();
        } catch (Exception e) {
          passedOver.add(
              "a key of the %s (%s) is of no use here: %s"
                  .formatted(from, key.comment(), e.getMessage()));
          continue;
        }
        String name = key.comment().isEmpty() ? from : key.comment() + ", in " + from;
        String bare = OfferedKey.bare(shown);
        Optional<Ours> match = ours.stream().filter(o -> isOf(o, bare)).findFirst();
        boolean certified =
            loose.stream().anyMatch(c -> OfferedKey.bare(c.certificate()).equals(bare));
        if (shown instanceof OpenSshCertificate certificate) {
          if (usable(certificate, name) && (match.isPresent() || !identity.onlyOurs())) {
            (match.isPresent() ? held : others).add(OfferedKey.of(shown, agent, key.blob(), name));
          }
          continue;
        }
        if (match.isPresent() && !done.contains(match.get())) {
          done.add(match.get());
          for (Certified c : certificates(match.get())) {
            held.add(OfferedKey.of(c.certificate(), agent, key.blob(), c.file() + ", " + name));
          }
          held.add(OfferedKey.of(shown, agent, key.blob(), name));
        } else if (match.isEmpty() && (certified || !identity.onlyOurs())) {
          loose.stream()
              .filter(c -> OfferedKey.bare(c.certificate()).equals(bare))
              .forEach(c ->
                  held.add(
                      OfferedKey.of(c.certificate(), agent, key.blob(), c.file() + ", " + name)));
          others.add(OfferedKey.of(shown, agent, key.blob(), name));
        }
      }
    }

    private static boolean isOf(Ours ours, String bare) {
      PublicKey open = ours.open();
      return open != null && OfferedKey.bare(open).equals(bare);
    }

    // ── Files ────────────────────────────────────────────────────────────────────────────────

    private void load(SshIdentity.KeyFile file) throws SshAuthenticationException {
      var certificates = new ArrayList<Certified>();
      Path beside = Path.of(file.path() + "-cert.pub");
      if (Files.exists(beside)) {
        certificate(beside, false).ifPresent(certificates::add);
      }
      try {
        KeyPair pair = KeyFileReader.read(file);
        ours.add(new Ours(pair.getPublic(), pair, file.toString(), certificates, Optional.empty()));
        return;
      } catch (NoSuchFileException e) {
        // Optional, and not there; its public half may be, for a key that an agent holds.
        KeyFileReader.publicHalf(file.path())
            .ifPresent(half ->
                ours.add(new Ours(half, null, file.toString(), certificates, Optional.empty())));
      } catch (SshAuthenticationException e) {
        Optional<PublicKey> half = KeyFileReader.publicHalf(file.path());
        if (half.isEmpty() && !file.optional()) {
          throw e;
        }
        if (file.optional()) {
          passedOver.add(e.getMessage());
          hint = hint == null ? e.hint().orElse(null) : hint;
        }
        half.ifPresent(open ->
            ours.add(
                new Ours(
                    open,
                    null,
                    file.toString(),
                    certificates,
                    file.optional() ? Optional.empty() : Optional.of(e))));
      } catch (IOException e) {
        throw new SshAuthenticationException(
            "key file " + file + " cannot be read: " + e.getMessage(), null, e);
      }
    }

    private Optional<Certified> certificate(Path file, boolean named) {
      try {
        String line = Files.readString(file, StandardCharsets.ISO_8859_1);
        List<String> words = List.of(line.strip().split("\\s+", 3));
        if (words.size() < 2
            || !(new PublicKeyText(words.get(0), words.get(1)).decode()
                instanceof OpenSshCertificate certificate)) {
          passedOver.add("certificate " + file + " is none");
          return Optional.empty();
        }
        return usable(certificate, file.toString())
            ? Optional.of(new Certified(certificate, file))
            : Optional.empty();
      } catch (NoSuchFileException e) {
        if (named) {
          passedOver.add("certificate " + file + " does not exist");
        }
      } catch (IOException e) {
        passedOver.add("certificate " + file + " cannot be read: " + e.getMessage());
      }
      return Optional.empty();
    }

    private boolean usable(OpenSshCertificate certificate, String name) {
      String why =
          certificate.getType() != OpenSshCertificate.Type.USER
              ? "is one for hosts"
              : !OpenSshCertificate.isValidNow(certificate)
                  ? "is valid " + validity(certificate) + " only"
                  : "";
      if (!why.isEmpty()) {
        passedOver.add("certificate " + name + " " + why);
        hint = hint == null ? "have the certificate authority sign the key again" : hint;
      }
      return why.isEmpty();
    }
  }

  /** From when to when. */
  static String validity(OpenSshCertificate certificate) {
    return "from %s to %s"
        .formatted(when(certificate.getValidAfter()), when(certificate.getValidBefore()));
  }

  private static String when(long seconds) {
    try {
      return seconds < 0 ? "ever" : Instant.ofEpochSecond(seconds).toString();
    } catch (DateTimeException e) {
      return "ever";
    }
  }
}
