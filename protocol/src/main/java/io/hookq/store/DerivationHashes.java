package io.hookq.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The hashes of derivations modulo what does not matter for their outputs: how it is that fixed
 * inputs are fetched, and where an output comes to lie.
 *
 * <pre>
 * hash(derivation)   := sha256 of its text, every input derivation replaced by input(it)
 * input(fixed)       := sha256 of "fixed:out:" algorithm ":" hash ":" path of the output
 * input(any other)   := hash(it)
 * id(fixed)          := input(it)
 * id(derivation)     := hash(derivation) with the paths of its own outputs taken out, also of the
 *                       environment, where they stand under the outputs' names
 * </pre>
 *
 * Inputs with the same hash are one, with the outputs that are needed of either; they are sorted by
 * hash. Source of the format: Nix's {@code derivations.cc}, {@code hashDerivationModulo}; the same
 * from 2.4 to 2.34, newer versions name outputs otherwise.
 *
 * <p>Remembers what it has hashed, in a few MiB at most: a derivation never changes. Not
 * thread-safe; good for use after an exception.
 */
public final class DerivationHashes {
  private static final int REMEMBERED = 10_000;

  private final StoreDir dir;
  private final Reader reader;

  /** The hash that stands for each derivation as an input. */
  private final Map<StorePath, String> inputs = new HashMap<>();

  /** Where derivations are read. */
  @FunctionalInterface
  public interface Reader {
    /**
     * What the {@code .drv} file says, each byte of its strings as one character.
     *
     * @throws IOException if there is none that can be read
     */
    Derivation read(StorePath derivation) throws IOException;
  }

  /** Hashes of what {@code reader} reads, in a store at {@code dir}. */
  public DerivationHashes(StoreDir dir, Reader reader) {
    this.dir = dir;
    this.reader = reader;
  }

  /**
   * The hash in the {@link DrvOutput} of each of {@code derivation}'s outputs.
   *
   * @throws IOException if a derivation of its closure cannot be read
   */
  public String of(Derivation derivation) throws IOException {
    if (inputs.size() > REMEMBERED) {
      inputs.clear();
    }
    if (derivation.isFixed()) {
      return fixed(derivation);
    }
    hashInputs(derivation.inputDerivations().keySet());
    return hash(derivation, true);
  }

  /** Depth first, without recursion: chains of derivations are long. */
  private void hashInputs(Collection<StorePath> roots) throws IOException {
    var open = new ArrayDeque<>(roots);
    var read = new HashMap<StorePath, Derivation>();
    while (!open.isEmpty()) {
      var path = open.getLast();
      if (inputs.containsKey(path)) {
        open.removeLast();
        continue;
      }
      var before = read.get(path);
      var derivation = before == null ? reader.read(path) : before;
      var missing = derivation.isFixed() ? Set.<StorePath>of() : missing(derivation);
      if (missing.isEmpty()) {
        inputs.put(path, derivation.isFixed() ? fixed(derivation) : hash(derivation, false));
        read.remove(path);
        open.removeLast();
      } else if (before == null) {
        read.put(path, derivation);
        open.addAll(missing);
      } else {
        throw new IOException("the derivation " + path + " is an input of itself");
      }
    }
  }

  private Set<StorePath> missing(Derivation derivation) {
    var missing = new TreeSet<>(derivation.inputDerivations().keySet());
    missing.removeAll(inputs.keySet());
    return missing;
  }

  private String fixed(Derivation derivation) {
    var output = derivation.outputs().values().iterator().next();
    return sha256(
        "fixed:out:%s:%s:%s"
            .formatted(
                output.hashAlgorithm(),
                output.hash(),
                output.path().map(dir::print).orElseThrow()));
  }

  private String hash(Derivation derivation, boolean masked) {
    var byHash = new TreeMap<String, Set<String>>();
    derivation
        .inputDerivations()
        .forEach((path, outputs) -> {
          if (!outputs.isEmpty()) {
            byHash.computeIfAbsent(input(path), _ -> new TreeSet<>()).addAll(outputs);
          }
        });
    return sha256(text(derivation, byHash, masked));
  }

  private String input(StorePath path) {
    var hash = inputs.get(path);
    if (hash == null) {
      throw new IllegalStateException("not hashed: " + path);
    }
    return hash;
  }

  private String text(Derivation derivation, Map<String, Set<String>> inputs, boolean masked) {
    var outputs = derivation.outputs();
    return "Derive(%s,%s,%s,%s,%s,%s,%s)"
        .formatted(
            list(
                outputs.entrySet().stream()
                    .map(output -> {
                      var path = masked ? "" : output.getValue().path().map(dir::print).orElse("");
                      return tuple(
                          output.getKey(),
                          path,
                          output.getValue().hashAlgorithm(),
                          output.getValue().hash());
                    })
                    .toList()),
            list(
                inputs.entrySet().stream()
                    .map(input ->
                        "(" + string(input.getKey()) + "," + strings(input.getValue()) + ")")
                    .toList()),
            strings(derivation.inputSources().stream().map(dir::print).toList()),
            string(derivation.platform()),
            string(derivation.builder()),
            strings(derivation.arguments()),
            list(
                derivation.environment().entrySet().stream()
                    .map(variable -> {
                      var taken = masked && outputs.containsKey(variable.getKey());
                      return tuple(variable.getKey(), taken ? "" : variable.getValue());
                    })
                    .toList()));
  }

  private static String list(Collection<String> items) {
    return items.stream().collect(Collectors.joining(",", "[", "]"));
  }

  private static String strings(Collection<String> texts) {
    return list(texts.stream().map(DerivationHashes::string).toList());
  }

  private static String tuple(String... texts) {
    var tuple = new StringBuilder("(");
    for (var text : texts) {
      tuple.append(tuple.length() == 1 ? "" : ",").append(string(text));
    }
    return tuple.append(')').toString();
  }

  private static String string(String text) {
    var string = new StringBuilder(text.length() + 2).append('"');
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> string.append('\\').append(c);
        case '\n' -> string.append("\\n");
        case '\r' -> string.append("\\r");
        case '\t' -> string.append("\\t");
        default -> string.append(c);
      }
    }
    return string.append('"').toString();
  }

  private static String sha256(String text) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.ISO_8859_1));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
