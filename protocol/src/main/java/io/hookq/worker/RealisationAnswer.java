package io.hookq.worker;

import io.hookq.store.DrvOutput;
import io.hookq.store.Realisation;
import io.hookq.store.Signature;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.PathInfoFields;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The forms that a realisation has had on the wire, in {@link WorkerOp#REGISTER_DRV_OUTPUT} and in
 * the answer to {@link WorkerOp#QUERY_REALISATION}; the grammar is the package's.
 */
final class RealisationAnswer {
  private static final int MAX_JSON = 1 << 20;

  private RealisationAnswer() {}

  /** What is registered where outputs go by the derivation's path, which must be known. */
  static void writeByPath(Realisation realisation, WireWriter out, StoreDir dir)
      throws IOException {
    out.writeStorePath(dir, realisation.derivation().orElseThrow());
    out.writeString(realisation.id().output());
    out.writeStorePath(dir, realisation.outPath());
    PathInfoFields.writeSignatures(out, realisation.signatures());
  }

  /** What is registered where outputs go by the derivation's hash. */
  static void writeByHash(Realisation realisation, WireWriter out, WorkerVersion version)
      throws IOException {
    if (version.hasJsonRealisations()) {
      out.writeString(realisation.json());
    } else {
      out.writeString(realisation.id().id());
      out.writeString(realisation.outPath().baseName());
    }
  }

  /** The answer where outputs go by the derivation's path. */
  static Optional<Realisation> readByPath(
      WireReader in, StoreDir dir, DrvOutput output, StorePath derivation) throws IOException {
    if (!in.readBool()) {
      return Optional.empty();
    }
    var outPath = in.readStorePath(dir);
    var signatures = PathInfoFields.readSignatures(in);
    return Optional.of(
        new Realisation(output, Optional.of(derivation), outPath, new TreeMap<>(), signatures));
  }

  /** The answer where outputs go by the derivation's hash. */
  static Optional<Realisation> readByHash(
      WireReader in,
      StoreDir dir,
      WorkerVersion version,
      DrvOutput output,
      Optional<StorePath> derivation)
      throws IOException {
    if (!version.hasJsonRealisations()) {
      return in.readStorePaths(dir).stream()
          .findFirst()
          .map(path -> new Realisation(output, derivation, path, new TreeMap<>(), List.of()));
    }
    var start = in.offset();
    var texts = in.readStrings(1, MAX_JSON);
    if (texts.isEmpty()) {
      return Optional.empty();
    }
    var realisation = ofJson(start, texts.getFirst(), derivation);
    if (!realisation.id().equals(output)) {
      throw new WireFormatException(
          start, "the realisation of " + output, "that of " + realisation.id());
    }
    return Optional.of(realisation);
  }

  /** What {@link Realisation#json} wrote, or Nix; it began at {@code start} of the stream. */
  static Realisation ofJson(long start, String text, Optional<StorePath> derivation)
      throws WireFormatException {
    try {
      return new Json(text).realisation(derivation);
    } catch (IllegalArgumentException e) {
      // Bad base names of store paths are such exceptions too.
      var failure =
          new WireFormatException(
              start, "a realisation", "%s: '%s'".formatted(e.getMessage(), Json.quote(text)));
      failure.initCause(e);
      throw failure;
    }
  }

  /**
   * As much JSON as a realisation is made of: one object of strings, lists of strings, and objects
   * of strings. Anything else is an {@link IllegalArgumentException}. Good for one text.
   */
  private static final class Json {
    private static final int QUOTED_CHARACTERS = 200;

    private final String text;
    private int position;

    private Json(String text) {
      this.text = text;
    }

    private static String quote(String text) {
      var beginning = text.substring(0, Math.min(text.length(), QUOTED_CHARACTERS));
      return beginning.replaceAll("\\p{Cntrl}", "?");
    }

    private Realisation realisation(Optional<StorePath> derivation) {
      var id = Optional.<DrvOutput>empty();
      var outPath = Optional.<StorePath>empty();
      var dependent = new TreeMap<DrvOutput, StorePath>();
      var signatures = new ArrayList<Signature>();
      expect('{');
      for (var more = !take('}'); more; more = more('}')) {
        var key = string();
        expect(':');
        switch (key) {
          case "id" -> id = Optional.of(DrvOutput.parse(string()));
          case "outPath" -> outPath = Optional.of(new StorePath(string()));
          case "signatures" -> {
            expect('[');
            for (var next = !take(']'); next; next = more(']')) {
              // A malformed one, which Nix up to 2.33 stores, is left out.
              Signature.parse(string()).ifPresent(signatures::add);
            }
          }
          case "dependentRealisations" -> {
            expect('{');
            for (var next = !take('}'); next; next = more('}')) {
              var output = DrvOutput.parse(string());
              expect(':');
              dependent.put(output, new StorePath(string()));
            }
          }
          default -> throw new IllegalArgumentException("unknown key '" + quote(key) + "'");
        }
      }
      skipSpace();
      if (position < text.length()) {
        throw unexpected("the end");
      }
      return new Realisation(
          id.orElseThrow(() -> new IllegalArgumentException("no id")),
          derivation,
          outPath.orElseThrow(() -> new IllegalArgumentException("no outPath")),
          dependent,
          signatures);
    }

    /** Whether another element follows: a comma, or the end of the list. */
    private boolean more(char end) {
      if (take(end)) {
        return false;
      }
      expect(',');
      return true;
    }

    private String string() {
      expect('"');
      var string = new StringBuilder();
      while (true) {
        var c = next();
        switch (c) {
          case '"' -> {
            return string.toString();
          }
          case '\\' -> string.append(escaped());
          default -> string.append(c);
        }
      }
    }

    private char escaped() {
      var c = next();
      return switch (c) {
        case '"', '\\', '/' -> c;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        case 'u' -> {
          var digits = "" + next() + next() + next() + next();
          try {
            yield (char) Integer.parseUnsignedInt(digits, 16);
          } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a character: \\u" + digits, e);
          }
        }
        default -> throw unexpected("an escape");
      };
    }

    private char next() {
      if (position == text.length()) {
        throw unexpected("the end of a string");
      }
      return text.charAt(position++);
    }

    private void expect(char c) {
      if (!take(c)) {
        throw unexpected("'" + c + "'");
      }
    }

    private boolean take(char c) {
      skipSpace();
      if (position == text.length() || text.charAt(position) != c) {
        return false;
      }
      position++;
      return true;
    }

    private void skipSpace() {
      while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
        position++;
      }
    }

    private IllegalArgumentException unexpected(String expected) {
      return new IllegalArgumentException(expected + " expected at character " + position);
    }
  }
}
