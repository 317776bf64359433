package io.hookq.daemon.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A store URI as {@code nix copy --to} takes it, cut into address and parameters.
 *
 * <p>Not {@link java.net.URI}, which finds no host where a name has an underscore.
 *
 * @param address scheme, user, host, port
 * @param parameters by name, decoded; known names only
 */
record NixUri(DestinationUri address, Map<String, String> parameters) {
  static final String SSH_KEY = "ssh-key";
  static final String COMPRESS = "compress";
  static final String REMOTE_PROGRAM = "remote-program";
  static final String REMOTE_STORE = "remote-store";
  static final String HOST_KEY = "base64-ssh-public-host-key";
  static final String MAX_CONNECTIONS = "max-connections";

  private static final List<String> KNOWN =
      List.of(SSH_KEY, COMPRESS, REMOTE_PROGRAM, REMOTE_STORE, HOST_KEY, MAX_CONNECTIONS);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  /**
   * Reads {@code text}.
   *
   * @throws IllegalArgumentException if it is not such a URI; the message says what is wrong
   */
  static NixUri parse(String text) {
    var end = text.indexOf("://");
    var scheme = scheme(text, end < 0 ? "" : text.substring(0, end));
    var rest = text.substring(end + 3);
    if (rest.indexOf('#') >= 0) {
      throw new IllegalArgumentException("a fragment (#…) is not allowed");
    }
    var question = rest.indexOf('?');
    var authority = question < 0 ? rest : rest.substring(0, question);
    var query = question < 0 ? "" : rest.substring(question + 1);
    if (authority.endsWith("/")) {
      authority = authority.substring(0, authority.length() - 1);
    }
    if (authority.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "a path after the host is not allowed; remote-store names another store");
    }
    var at = authority.lastIndexOf('@');
    var user = at < 0 ? Optional.<String>empty() : Optional.of(user(authority.substring(0, at)));
    return new NixUri(address(scheme, user, authority.substring(at + 1)), parameters(query));
  }

  private static DestinationUri.Scheme scheme(String text, String label) {
    return Arrays.stream(DestinationUri.Scheme.values())
        .filter(scheme -> scheme.label().equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "expected ssh://[user@]host[:port], found \"" + text + '"'));
  }

  private static String user(String text) {
    var user = decoded(text);
    if (user.isEmpty() || user.startsWith("-") || user.chars().anyMatch(c -> c <= ' ')) {
      throw new IllegalArgumentException("not a user name: \"" + user + '"');
    }
    if (user.indexOf(':') >= 0) {
      throw new IllegalArgumentException("a password in the URI is not allowed; use a key");
    }
    return user;
  }

  private static DestinationUri address(
      DestinationUri.Scheme scheme, Optional<String> user, String hostAndPort) {
    String host;
    String after;
    if (hostAndPort.startsWith("[")) {
      var close = hostAndPort.indexOf(']');
      host = close < 0 ? "" : inBrackets(hostAndPort.substring(1, close));
      after = close < 0 ? "" : hostAndPort.substring(close + 1);
      if (!ADDRESS.matcher(host).matches()) {
        throw new IllegalArgumentException("not an IPv6 address in brackets: " + hostAndPort);
      }
    } else {
      var colon = hostAndPort.indexOf(':');
      host = decoded(colon < 0 ? hostAndPort : hostAndPort.substring(0, colon));
      after = colon < 0 ? "" : hostAndPort.substring(colon);
      if (after.indexOf(':', 1) >= 0) {
        throw new IllegalArgumentException(
            "an IPv6 address stands in brackets: [" + hostAndPort + "]");
      }
      if (!NAME.matcher(host).matches()) {
        throw new IllegalArgumentException(
            host.isEmpty() ? "the host is missing" : "not a host name: \"" + host + '"');
      }
    }
    return new DestinationUri(scheme, user, host, port(after));
  }

  /** Nix takes the percent sign before a zone as it is, too. */
  private static String inBrackets(String text) {
    var percent = text.indexOf('%');
    return percent >= 0 && !text.startsWith("25", percent + 1) ? text : decoded(text);
  }

  private static OptionalInt port(String after) {
    if (after.isEmpty()) {
      return OptionalInt.empty();
    }
    var digits = after.substring(1);
    if (after.charAt(0) != ':' || !PORT.matcher(digits).matches()) {
      throw new IllegalArgumentException("not a port: \"" + digits + '"');
    }
    var port = Integer.parseInt(digits);
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("a port is from 1 to 65535, not " + port);
    }
    return OptionalInt.of(port);
  }

  private static Map<String, String> parameters(String query) {
    var parameters = new LinkedHashMap<String, String>();
    if (query.isEmpty()) {
      return parameters;
    }
    for (var part : query.split("&", -1)) {
      if (part.isEmpty()) {
        continue;
      }
      var equals = part.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("a parameter is name=value, not \"" + part + '"');
      }
      var name = decoded(part.substring(0, equals));
      if (!KNOWN.contains(name)) {
        throw new IllegalArgumentException(
            "unknown parameter \"" + name + "\"; " + NearMiss.advice(name, KNOWN));
      }
      if (parameters.put(name, decoded(part.substring(equals + 1))) != null) {
        throw new IllegalArgumentException("the parameter \"" + name + "\" is given twice");
      }
    }
    return parameters;
  }

  /** Percent-decoding as Nix does it: {@code +} stays what it is. */
  static String decoded(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    var out = ByteBuffer.allocate(bytes.length);
    for (var i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        out.put(bytes[i]);
        continue;
      }
      var high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
      var low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
      if (low < 0) {
        throw new IllegalArgumentException("% is not followed by two digits: \"" + text + '"');
      }
      out.put((byte) (high << 4 | low));
      i += 2;
    }
    try {
      var result = StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
      if (result.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("control characters are not allowed in the URI");
      }
      return result;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8 behind its percent signs: \"" + text + '"', e);
    }
  }
}
