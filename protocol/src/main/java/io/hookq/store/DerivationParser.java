package io.hookq.store;

import io.hookq.store.Derivation.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reads the ATerm text of a derivation.
 *
 * <pre>
 * derivation := "Derive(" outputs "," inputs "," strings "," platform "," builder "," strings ","
 *               env ")"
 * outputs    := list of "(" name "," path "," hashAlgorithm "," hash ")"
 * inputs     := list of "(" path "," strings ")"
 * env        := list of "(" name "," value ")"
 * strings    := list of string
 * list of x  := "[" [ x ( "," x )* ] "]"
 * string     := '"' ( any but '"' and '\' | '\"' | '\\' | '\n' | '\r' | '\t' )* '"'
 * </pre>
 *
 * There is no white space. Newer Nix versions write {@code DrvWithVersion("xp-dyn-drv",…)} instead
 * for derivations that depend on outputs of outputs; that experimental format is refused by name.
 *
 * <p>Source of the format: Nix's {@code derivations.cc}. Nothing nests, so a text cannot exhaust
 * the stack; memory grows with the text only. Good for one text.
 */
final class DerivationParser {
  private static final int QUOTED_CHARACTERS = 20;

  private final StoreDir dir;
  private final String text;
  private int position;

  DerivationParser(StoreDir dir, String text) {
    this.dir = dir;
    this.text = text;
  }

  Derivation derivation() {
    if (text.startsWith("DrvWithVersion(")) {
      throw new InvalidDerivationException(
          0, "DrvWithVersion, the experimental format for dynamic derivations, is not supported");
    }
    expect("Derive(");
    var outputs = outputs();
    expect(",");
    var inputDerivations = inputDerivations();
    expect(",");
    var inputSources = inputSources();
    expect(",");
    var platform = string();
    expect(",");
    var builder = string();
    expect(",");
    var arguments = list(this::string);
    expect(",");
    var environment = environment();
    expect(")");
    if (position < text.length()) {
      throw unexpected(position, "the end");
    }
    return new Derivation(
        outputs, inputDerivations, inputSources, platform, builder, arguments, environment);
  }

  private Map<String, Output> outputs() {
    var outputs = new LinkedHashMap<String, Output>();
    var start = position;
    list(() -> {
      expect("(");
      var nameStart = position;
      var name = string();
      if (name.isEmpty()) {
        throw new InvalidDerivationException(nameStart, "an output without a name");
      }
      expect(",");
      var output = output();
      expect(")");
      if (outputs.put(name, output) != null) {
        throw twice(nameStart, "output", name);
      }
      return output;
    });
    if (outputs.isEmpty()) {
      throw new InvalidDerivationException(start, "no outputs");
    }
    return outputs;
  }

  private Output output() {
    var start = position;
    var text = string();
    var path = text.isEmpty() ? Optional.<StorePath>empty() : Optional.of(path(start, text));
    expect(",");
    var hashAlgorithm = string();
    expect(",");
    var hashStart = position;
    var hash = string();
    if (hashAlgorithm.isEmpty() && !hash.isEmpty()) {
      throw new InvalidDerivationException(hashStart, "a hash without an algorithm");
    }
    return new Output(path, hashAlgorithm, hash);
  }

  private Map<StorePath, Set<String>> inputDerivations() {
    var inputs = new LinkedHashMap<StorePath, Set<String>>();
    list(() -> {
      expect("(");
      var start = position;
      var path = path(start, string());
      if (!path.isDerivation()) {
        throw new InvalidDerivationException(start, path + " is not a derivation");
      }
      expect(",");
      Set<String> outputs = new LinkedHashSet<>(list(this::string));
      expect(")");
      if (inputs.put(path, outputs) != null) {
        throw twice(start, "input", path.baseName());
      }
      return outputs;
    });
    return inputs;
  }

  private Set<StorePath> inputSources() {
    var sources = new LinkedHashSet<StorePath>();
    list(() -> {
      var start = position;
      var path = path(start, string());
      if (!sources.add(path)) {
        throw twice(start, "input", path.baseName());
      }
      return path;
    });
    return sources;
  }

  private Map<String, String> environment() {
    var environment = new LinkedHashMap<String, String>();
    list(() -> {
      expect("(");
      var start = position;
      var name = string();
      expect(",");
      var value = string();
      expect(")");
      if (environment.put(name, value) != null) {
        throw twice(start, "variable", name);
      }
      return value;
    });
    return environment;
  }

  private <T> List<T> list(Supplier<T> element) {
    expect("[");
    var elements = new ArrayList<T>();
    if (!take("]")) {
      do {
        elements.add(element.get());
      } while (take(","));
      expect("]");
    }
    return elements;
  }

  private StorePath path(int start, String full) {
    try {
      return dir.parse(full);
    } catch (InvalidStorePathException e) {
      var failure = new InvalidDerivationException(start, String.valueOf(e.getMessage()));
      failure.initCause(e);
      throw failure;
    }
  }

  private String string() {
    expect("\"");
    var end = position;
    while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\') {
      end++;
    }
    if (end < text.length() && text.charAt(end) == '"') {
      // Nearly every string is without escapes: it is copied as it is.
      var plain = text.substring(position, end);
      position = end + 1;
      return plain;
    }
    return stringWithEscapes();
  }

  private String stringWithEscapes() {
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
      case '"', '\\' -> c;
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> throw unexpected(position - 1, "an escape of '\"', '\\', 'n', 'r' or 't'");
    };
  }

  private char next() {
    if (position == text.length()) {
      throw unexpected(position, "the end of a string");
    }
    return text.charAt(position++);
  }

  private void expect(String token) {
    if (!take(token)) {
      throw unexpected(position, "'" + token + "'");
    }
  }

  private boolean take(String token) {
    if (!text.startsWith(token, position)) {
      return false;
    }
    position += token.length();
    return true;
  }

  private InvalidDerivationException unexpected(int at, String expected) {
    var rest = text.substring(at, Math.min(text.length(), at + QUOTED_CHARACTERS));
    var found = rest.isEmpty() ? "the end" : "'" + rest.replaceAll("\\p{Cntrl}", "?") + "'";
    return new InvalidDerivationException(at, expected, found);
  }

  private static InvalidDerivationException twice(int at, String what, String name) {
    return new InvalidDerivationException(at, "the " + what + " '" + name + "' appears twice");
  }
}
