package io.hookq.store;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@code .drv} file says: how to build something, and where it will be.
 *
 * <p>All collections are unmodifiable and in the order of the file.
 *
 * @param outputs by name
 * @param inputDerivations the outputs that are needed of each derivation
 * @param inputSources paths that are needed as they are
 * @param platform such as {@code x86_64-linux}
 * @param builder the program to run
 * @param arguments of the builder
 * @param environment of the builder
 */
public record Derivation(
    Map<String, Output> outputs,
    Map<StorePath, Set<String>> inputDerivations,
    Set<StorePath> inputSources,
    String platform,
    String builder,
    List<String> arguments,
    Map<String, String> environment) {

  /** Makes the collections unmodifiable. */
  public Derivation {
    outputs = Collections.unmodifiableMap(outputs);
    inputDerivations = Collections.unmodifiableMap(inputDerivations);
    inputSources = Collections.unmodifiableSet(inputSources);
    arguments = List.copyOf(arguments);
    environment = Collections.unmodifiableMap(environment);
  }

  /**
   * One output.
   *
   * @param path where it will be; absent where that is known only after the build (a floating
   *     content-addressed output, or one that depends on such)
   * @param hashAlgorithm such as {@code r:sha256}; empty for an input-addressed output
   * @param hash base 16 for a fixed output, {@code impure} for an impure one, else empty
   */
  public record Output(Optional<StorePath> path, String hashAlgorithm, String hash) {}

  /** Whether its output is known by its content before it is built, as a fetched source is. */
  public boolean isFixed() {
    return outputs.values().stream()
        .allMatch(output -> output.path().isPresent() && !output.hash().isEmpty());
  }

  /**
   * Whether its outputs are content-addressed and known only once they are built; impure ones, of
   * which nobody remembers what they came to, are not meant.
   */
  public boolean isFloating() {
    return outputs.values().stream()
        .allMatch(output -> !output.hashAlgorithm().isEmpty() && output.hash().isEmpty());
  }

  /**
   * Reads a {@code .drv} file. Strict: exactly what Nix writes, but in any order. Bytes that are
   * not UTF-8, which only arguments and environment may have, are replaced.
   *
   * @throws InvalidDerivationException if it is not a derivation, or one of a kind that needs a
   *     newer format
   */
  public static Derivation parse(StoreDir dir, byte[] text) {
    return parse(dir, new String(text, StandardCharsets.UTF_8));
  }

  /**
   * The same with each byte of a string as one character, whatever it would stand for in UTF-8: so
   * nothing is lost that goes into a hash.
   *
   * @throws InvalidDerivationException as {@link #parse(StoreDir, byte[])}
   */
  public static Derivation parseBytes(StoreDir dir, byte[] text) {
    return parse(dir, new String(text, StandardCharsets.ISO_8859_1));
  }

  /**
   * Reads the text of a {@code .drv} file.
   *
   * @throws InvalidDerivationException as {@link #parse(StoreDir, byte[])}
   */
  public static Derivation parse(StoreDir dir, String text) {
    return new DerivationParser(dir, text).derivation();
  }
}
