package io.hookq.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What building an output of a derivation came to: how a store knows the paths of content-addressed
 * outputs, which no derivation names.
 *
 * <p>What is signed is JSON without white space, keys sorted, and depends on how the store names
 * outputs:
 *
 * <pre>
 * up to Nix 2.34: {"dependentRealisations":{ID:BASE,…},"id":ID,"outPath":BASE}
 * from 2.35 on:   {"key":{"drvPath":BASE,"outputName":NAME},"value":{"outPath":BASE}}
 * ID := sha256:HASH!NAME     BASE := the base name of a path
 * </pre>
 *
 * Source of the format: Nix's {@code realisation.cc}.
 *
 * @param id what was built, by the derivation's hash
 * @param derivation the same by its path, where that is known
 * @param outPath what it came to
 * @param dependentRealisations what was built of inputs and is referred to by {@code outPath};
 *     empty from Nix 2.34 on
 * @param signatures as the store has them that it comes from; sorted. A store that names outputs
 *     the other way finds none of them good.
 */
public record Realisation(
    DrvOutput id,
    Optional<StorePath> derivation,
    StorePath outPath,
    SortedMap<DrvOutput, StorePath> dependentRealisations,
    List<Signature> signatures) {

  /** Sorts. */
  public Realisation {
    dependentRealisations = Collections.unmodifiableSortedMap(new TreeMap<>(dependentRealisations));
    signatures = signatures.stream().sorted().distinct().toList();
  }

  /** The same with {@code more} signatures among the others. */
  public Realisation with(List<Signature> more) {
    var all = new ArrayList<>(signatures);
    all.addAll(more);
    return new Realisation(id, derivation, outPath, dependentRealisations, all);
  }

  /** What is signed for a store that names outputs by the derivation's hash. */
  public byte[] fingerprintByHash() {
    var text =
        "{\"dependentRealisations\":%s,\"id\":%s,\"outPath\":%s}"
            .formatted(dependentRealisationsJson(), quoted(id.id()), quoted(outPath.baseName()));
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * What is signed for a store that names outputs by the derivation's path.
   *
   * @throws NoSuchElementException if that is not known
   */
  public byte[] fingerprintByPath() {
    var text =
        "{\"key\":{\"drvPath\":%s,\"outputName\":%s},\"value\":{\"outPath\":%s}}"
            .formatted(
                quoted(derivation.orElseThrow().baseName()),
                quoted(id.output()),
                quoted(outPath.baseName()));
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** All of it in JSON, as the worker protocol has it from 1.31 on. */
  public String json() {
    var signed =
        signatures.stream()
            .map(s -> quoted(s.toString()))
            .collect(Collectors.joining(",", "[", "]"));
    return "{\"dependentRealisations\":%s,\"id\":%s,\"outPath\":%s,\"signatures\":%s}"
        .formatted(
            dependentRealisationsJson(), quoted(id.id()), quoted(outPath.baseName()), signed);
  }

  private String dependentRealisationsJson() {
    return dependentRealisations.entrySet().stream()
        .map(Realisation::member)
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String member(Map.Entry<DrvOutput, StorePath> entry) {
    return quoted(entry.getKey().id()) + ":" + quoted(entry.getValue().baseName());
  }

  /** Only the name of an output or of a key can hold anything that has to be escaped. */
  private static String quoted(String text) {
    var quoted = new StringBuilder(text.length() + 2).append('"');
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        default -> {
          if (c < ' ') {
            quoted.append("\\u%04x".formatted((int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
