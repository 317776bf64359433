package io.hookq.daemon.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Turns the tree of a TOML text into a {@link Config}: which keys there are, and their defaults.
 *
 * <p>Every complaint is an {@link OptionException}. A parameter in the URI and the key that says
 * the same exclude each other, even where they agree: which of the two one would edit later is
 * anybody's guess.
 */
final class ConfigReader {
  private static final Pattern DESTINATION_NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final List<String> TRUE = List.of("true", "yes", "1");
  private static final List<String> FALSE = List.of("false", "no", "0");
  private static final List<String> DEFAULT_KNOWN_HOSTS =
      List.of("/etc/ssh/ssh_known_hosts", "~/.ssh/known_hosts");

  private final Surroundings surroundings;

  ConfigReader(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  Config read(JsonNode tree) {
    var root = new TomlTable("", tree, surroundings);
    var daemon = daemon(root.table("daemon"));
    var retry = retry(root.table("retry"));
    var tables = root.table("destinations");
    root.end();
    Map<String, DestinationConfig> destinations = new LinkedHashMap<>();
    for (var name : tables.keys()) {
      destinations.put(name, destination(name, tables.table(name)));
    }
    return new Config(daemon, retry, destinations);
  }

  private DaemonConfig daemon(TomlTable table) {
    var stateDir = table.path("state-dir").orElseGet(surroundings::defaultStateDir);
    var socket = table.path("socket").orElseGet(surroundings::defaultSocket);
    var allowGroup = table.text("allow-group").orElse("hookq");
    var store = table.explained("store", this::store).orElse(StoreLocation.Socket.DEFAULT);
    var keepDone = table.duration("keep-done", Duration.ofDays(7));
    var keepFailed = table.duration("keep-failed", Duration.ofDays(30));
    table.end();
    return new DaemonConfig(stateDir, socket, allowGroup, store, keepDone, keepFailed);
  }

  private StoreLocation store(String text) {
    if (text.equals("local")) {
      return new StoreLocation.Local();
    }
    var scheme = "unix://";
    var question = text.indexOf('?');
    var socket = question < 0 ? text : text.substring(0, question);
    if (!socket.startsWith(scheme + "/")) {
      throw new IllegalArgumentException(
          "expected \"unix:///SOCKET\", \"unix:///SOCKET?root=DIR\" or \"local\", found \""
              + text
              + '"');
    }
    return new StoreLocation.Socket(
        Path.of(NixUri.decoded(socket.substring(scheme.length()))).normalize(),
        question < 0 ? Optional.empty() : Optional.of(root(text.substring(question + 1))));
  }

  private static Path root(String query) {
    if (!query.startsWith("root=")) {
      throw new IllegalArgumentException("the one known parameter is root, not \"" + query + '"');
    }
    var root = NixUri.decoded(query.substring("root=".length()));
    if (!root.startsWith("/")) {
      throw new IllegalArgumentException("root must be absolute, not \"" + root + '"');
    }
    return Path.of(root).normalize();
  }

  private static RetryConfig retry(TomlTable table) {
    var initial = table.duration("initial", RetryConfig.DEFAULT.initial());
    var max = table.duration("max", RetryConfig.DEFAULT.max());
    var attempts = table.number("attempts", RetryConfig.DEFAULT.attempts());
    table.end();
    return new RetryConfig(initial, max, attempts);
  }

  private DestinationConfig destination(String name, TomlTable table) {
    if (!DESTINATION_NAME.matcher(name).matches()) {
      throw new OptionException(
          "destinations." + name,
          "a destination's name is 1 to 64 letters, digits, dots, dashes and underscores");
    }
    var uri =
        table
            .explained("uri", NixUri::parse)
            .orElseThrow(() ->
                new OptionException(
                    table.option("uri"), "missing; expected \"ssh://[user@]host[:port]\""));
    var stated = Set.copyOf(table.keys());
    var destination =
        new DestinationConfig(
            name,
            uri.address(),
            merged(table, "ssh-key", uri, NixUri.SSH_KEY)
                .map(file -> table.keyFile("ssh-key", file)),
            table.bool("ssh-config", true),
            knownHosts(table),
            hostKey(table, uri),
            table.choice(
                "host-key-checking",
                List.of(HostKeyChecking.values()),
                HostKeyChecking::label,
                HostKeyChecking.STRICT),
            merged(table, "remote-store", uri, NixUri.REMOTE_STORE),
            merged(table, "remote-program", uri, NixUri.REMOTE_PROGRAM),
            compression(table, uri),
            table.bool("substitute-on-destination", false),
            table.texts("signing-keys").stream()
                .map(file -> table.keyFile("signing-keys", file))
                .toList(),
            channels(table, uri),
            rateLimit(table),
            table.duration("connect-timeout", Duration.ofSeconds(15)),
            table.duration("idle-timeout", Duration.ofMinutes(5)),
            table.duration("stall-timeout", Duration.ofSeconds(60)),
            table.duration("reply-timeout", Duration.ofHours(1)),
            filter(table.table("filter")),
            stated);
    table.end();
    return destination;
  }

  private static Optional<String> merged(
      TomlTable table, String key, NixUri uri, String parameter) {
    var inUri = parameter(table, key, uri, parameter);
    return table.nonEmptyText(key).or(() -> inUri);
  }

  private static Optional<String> parameter(
      TomlTable table, String key, NixUri uri, String parameter) {
    var value = Optional.ofNullable(uri.parameters().get(parameter));
    if (value.isPresent() && table.has(key)) {
      throw new OptionException(
          table.option(key),
          "given here and as \"" + parameter + "\" in the uri; keep one of them");
    }
    return value.filter(text -> !text.isEmpty());
  }

  private static List<KeyFile> knownHosts(TomlTable table) {
    var given = table.texts("known-hosts");
    var texts = table.has("known-hosts") ? given : DEFAULT_KNOWN_HOSTS;
    return texts.stream().map(file -> table.keyFile("known-hosts", file)).toList();
  }

  private static Optional<String> hostKey(TomlTable table, NixUri uri) {
    var inUri = parameter(table, "host-key", uri, NixUri.HOST_KEY);
    var line = table.nonEmptyText("host-key").or(() -> inUri.map(ConfigReader::decodedLine));
    line.filter(text -> !isPublicKey(text))
        .ifPresent(text -> {
          throw new OptionException(
              table.option("host-key"),
              "expected a public key such as \"ssh-ed25519 AAAA…\", found \""
                  + inUri.orElse(text)
                  + '"');
        });
    return line;
  }

  /** Nix's parameter is the base 64 of a whole {@code .pub} file. */
  private static String decodedLine(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8).strip();
    } catch (IllegalArgumentException e) {
      return base64;
    }
  }

  /** Whether the key inside the base 64 says the same type as the word before it. */
  private static boolean isPublicKey(String line) {
    var words = line.split(" +", 3);
    if (words.length < 2) {
      return false;
    }
    try {
      var blob = ByteBuffer.wrap(Base64.getDecoder().decode(words[1]));
      var type = words[0].getBytes(StandardCharsets.UTF_8);
      if (blob.remaining() < Integer.BYTES + type.length || blob.getInt() != type.length) {
        return false;
      }
      return blob.slice(blob.position(), type.length).equals(ByteBuffer.wrap(type));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Compression compression(TomlTable table, NixUri uri) {
    var inUri = parameter(table, "compression", uri, NixUri.COMPRESS);
    var inTable =
        table.choice(
            "compression", List.of(Compression.values()), Compression::label, Compression.AUTO);
    if (inUri.isEmpty()) {
      return inTable;
    }
    if (TRUE.contains(inUri.get())) {
      return Compression.ZLIB;
    }
    if (FALSE.contains(inUri.get())) {
      return Compression.NONE;
    }
    throw new OptionException(
        table.option("uri"), "compress is true or false, not \"" + inUri.get() + '"');
  }

  private static OptionalInt channels(TomlTable table, NixUri uri) {
    var inUri = parameter(table, "channels", uri, NixUri.MAX_CONNECTIONS);
    if (inUri.isPresent()) {
      try {
        return OptionalInt.of(Integer.parseInt(inUri.get()));
      } catch (NumberFormatException e) {
        throw new OptionException(
            table.option("uri"), "max-connections is a number, not \"" + inUri.get() + '"');
      }
    }
    return table.numberOr("channels", "auto");
  }

  private static Optional<RateLimit> rateLimit(TomlTable table) {
    return table
        .parsed(
            "rate-limit",
            Quantity.RATE_FORM,
            text ->
                text.isEmpty()
                    ? Optional.of(0L)
                    : Quantity.bytesPerSecond(text).filter(rate -> rate > 0))
        .filter(rate -> rate > 0)
        .map(RateLimit::new);
  }

  private static FilterConfig filter(TomlTable table) {
    var include = patterns(table, "include");
    var exclude = patterns(table, "exclude");
    var maxNarSize =
        table
            .parsed(
                "max-nar-size",
                Quantity.SIZE_FORM,
                text ->
                    text.isEmpty()
                        ? Optional.of(0L)
                        : Quantity.bytes(text).filter(size -> size > 0))
            .filter(size -> size > 0);
    var skipFixedOutput = table.bool("skip-fixed-output", false);
    table.end();
    return new FilterConfig(
        include,
        exclude,
        maxNarSize.map(OptionalLong::of).orElseGet(OptionalLong::empty),
        skipFixedOutput);
  }

  private static List<Pattern> patterns(TomlTable table, String key) {
    return table.texts(key).stream().map(text -> pattern(table, key, text)).toList();
  }

  private static Pattern pattern(TomlTable table, String key, String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new OptionException(
          table.option(key), "not a regex: \"" + text + "\" (" + e.getDescription() + ")");
    }
  }
}
