package io.hookq.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigTest {
  private static final Surroundings LINUX = new Surroundings(Map.of(), Path.of("/home/me"), false);
  private static final String HOST_KEY =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  private static final String MINIMAL = "[destinations.server]\nuri = \"ssh://server\"\n";

  private static Config parsed(String text) throws ConfigException {
    return Config.parse(text, "hookq.toml", LINUX);
  }

  private static DestinationConfig destination(String text) throws ConfigException {
    return destination(text, LINUX);
  }

  private static DestinationConfig destination(String text, Surroundings surroundings)
      throws ConfigException {
    var destination = Config.parse(text, "hookq.toml", surroundings).destinations().get("server");
    assertThat(destination).isNotNull();
    return destination;
  }

  private static DestinationConfig withUri(String uri) throws ConfigException {
    return destination("[destinations.server]\nuri = \"" + uri + "\"\n");
  }

  @ParameterizedTest
  @CsvSource({"1h30m, PT1H30M", "1d12h, PT36H", "2w, PT336H", "1m500 ms, PT1M0.5S", "90s, PT1M30S"})
  void a_duration_may_have_several_parts(String text, Duration duration) {
    assertThat(Quantity.duration(text)).contains(duration);
  }

  @Test
  void one_uri_is_a_whole_config() throws Exception {
    var config = parsed(MINIMAL);

    assertThat(config.daemon())
        .isEqualTo(
            new DaemonConfig(
                Path.of("/var/lib/hookq"),
                Path.of("/run/hookq/hookq.sock"),
                "hookq",
                StoreLocation.Socket.DEFAULT,
                Duration.ofDays(7),
                Duration.ofDays(30)));
    assertThat(config.retry()).isEqualTo(RetryConfig.DEFAULT);
    var server = destination(MINIMAL);
    assertThat(server.uri()).hasToString("ssh://server");
    assertThat(server.sshKey()).isEmpty();
    assertThat(server.knownHosts())
        .extracting(file -> file.path())
        .containsExactly(Path.of("/etc/ssh/ssh_known_hosts"), Path.of("/home/me/.ssh/known_hosts"));
    assertThat(server.hostKeyChecking()).isEqualTo(HostKeyChecking.STRICT);
    assertThat(server.compression()).isEqualTo(Compression.AUTO);
    assertThat(server.channels()).isEmpty();
    assertThat(server.connectTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(server.idleTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(server.stallTimeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(server.replyTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(server.filter()).isEqualTo(FilterConfig.NONE);
  }

  @Test
  void every_documented_key_is_read() throws Exception {
    var text =
        """
        [daemon]
        state-dir = "~/state"
        socket = "/run/other/hookq.sock"
        allow-group = "builders"
        store = "unix:///tmp/a%20b/socket?root=/tmp/other"
        keep-done = "1h"
        keep-failed = "2d"

        [retry]
        initial = "250ms"
        max = "10s"
        attempts = 3

        [destinations.server]
        uri = "ssh://nix-ssh@server:2222"
        ssh-key = "/etc/hookq/id_ed25519"
        ssh-config = false
        known-hosts = ["/a", "~/b"]
        host-key = "HOST_KEY"
        host-key-checking = "accept-new"
        remote-store = "local?root=/srv"
        remote-program = "/opt/nix-store"
        compression = "none"
        substitute-on-destination = true
        signing-keys = []
        channels = 1
        rate-limit = ""
        connect-timeout = "1s"
        idle-timeout = "0s"
        stall-timeout = "3s"
        reply-timeout = "4m"

        [destinations.server.filter]
        include = []
        exclude = []
        max-nar-size = ""
        skip-fixed-output = false
        """
            .replace("HOST_KEY", HOST_KEY);

    var config = parsed(text);

    assertThat(config.daemon())
        .isEqualTo(
            new DaemonConfig(
                Path.of("/home/me/state"),
                Path.of("/run/other/hookq.sock"),
                "builders",
                new StoreLocation.Socket(
                    Path.of("/tmp/a b/socket"), Optional.of(Path.of("/tmp/other"))),
                Duration.ofHours(1),
                Duration.ofDays(2)));
    assertThat(config.daemon().store().realStoreDir()).isEqualTo(Path.of("/tmp/other/nix/store"));
    assertThat(config.daemon().store().gcRoots())
        .isEqualTo(Path.of("/tmp/other/nix/var/nix/gcroots"));
    assertThat(config.retry())
        .isEqualTo(new RetryConfig(Duration.ofMillis(250), Duration.ofSeconds(10), 3));
    assertThat(config.destinations())
        .containsExactly(
            Map.entry(
                "server",
                new DestinationConfig(
                    "server",
                    new DestinationUri(
                        DestinationUri.Scheme.SSH,
                        Optional.of("nix-ssh"),
                        "server",
                        OptionalInt.of(2222)),
                    Optional.of(plain("/etc/hookq/id_ed25519", "/etc/hookq/id_ed25519")),
                    false,
                    List.of(plain("/a", "/a"), plain("~/b", "/home/me/b")),
                    Optional.of(HOST_KEY),
                    HostKeyChecking.ACCEPT_NEW,
                    Optional.of("local?root=/srv"),
                    Optional.of("/opt/nix-store"),
                    Compression.NONE,
                    true,
                    List.of(),
                    OptionalInt.of(1),
                    Optional.empty(),
                    Duration.ofSeconds(1),
                    Duration.ZERO,
                    Duration.ofSeconds(3),
                    Duration.ofMinutes(4),
                    FilterConfig.NONE,
                    Objects.requireNonNull(config.destinations().get("server")).stated())));
  }

  private static KeyFile plain(String text, String path) {
    return new KeyFile(text, Optional.of(Path.of(path)), false);
  }

  @Test
  void the_parameters_that_nix_takes_are_taken_from_the_uri() throws Exception {
    var line =
        Base64.getEncoder()
            .encodeToString((HOST_KEY + " me@server\n").getBytes(StandardCharsets.UTF_8));

    var server =
        withUri(
            "ssh://me%40corp@[fd00::1]:22?ssh-key=/etc/key%20one&compress=true&remote-program=/x/nix-store"
                + "&remote-store=local%3Froot%3D/srv&max-connections=1&base64-ssh-public-host-key="
                + line);

    assertThat(server.uri())
        .isEqualTo(
            new DestinationUri(
                DestinationUri.Scheme.SSH, Optional.of("me@corp"), "fd00::1", OptionalInt.of(22)));
    assertThat(server.uri()).hasToString("ssh://me@corp@[fd00::1]:22");
    assertThat(server.sshKey()).contains(plain("/etc/key one", "/etc/key one"));
    assertThat(server.compression()).isEqualTo(Compression.ZLIB);
    assertThat(server.remoteProgram()).contains("/x/nix-store");
    assertThat(server.remoteStore()).contains("local?root=/srv");
    assertThat(server.channels()).hasValue(1);
    assertThat(server.hostKey()).contains(HOST_KEY + " me@server");
  }

  @Test
  void a_credential_lies_in_the_folder_that_systemd_names() throws Exception {
    var text = MINIMAL + "ssh-key = \"credential:ssh\"\n";
    var systemd =
        new Surroundings(Map.of("CREDENTIALS_DIRECTORY", "/run/c"), Path.of("/root"), false);

    var key = destination(text, systemd).sshKey().orElseThrow();

    assertThat(key.path()).isEqualTo(Path.of("/run/c/ssh"));
    assertThat(key.credential()).isTrue();
  }

  @Test
  void a_credential_can_be_checked_where_there_is_none() throws Exception {
    var key = destination(MINIMAL + "ssh-key = \"credential:ssh\"\n").sshKey().orElseThrow();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(key::path)
        .withMessage("credential:ssh: the daemon was given no credentials directory");
  }

  @Test
  void destinations_keep_the_order_of_the_file() throws Exception {
    var text =
        """
        [destinations.z]
        uri = "ssh://z"
        [destinations.a]
        uri = "ssh://a"
        [destinations.m]
        uri = "ssh://m"
        """;

    assertThat(parsed(text).destinations().keySet()).containsExactly("z", "a", "m");
  }

  @Test
  void a_single_user_store_is_called_local() throws Exception {
    assertThat(parsed("[daemon]\nstore = \"local\"\n" + MINIMAL).daemon().store())
        .isEqualTo(new StoreLocation.Local());
  }

  static Stream<Arguments> refused() {
    var server = "[destinations.server]\nuri = \"ssh://server\"\n";
    return Stream.of(
        arguments(
            "",
            "hookq.toml: destinations: no destination; a table such as [destinations.server] with a uri is needed"),
        arguments(
            "[destinations]\n",
            "hookq.toml:1: destinations: no destination; a table such as [destinations.server] with a uri is needed"),
        arguments(
            server + "[deamon]\n", "hookq.toml:3: deamon: unknown key; did you mean \"daemon\"?"),
        arguments(
            server + "[x]\n",
            "hookq.toml:3: x: unknown key; allowed are daemon, retry, destinations"),
        arguments(
            server + "ssh_key = \"/k\"\n",
            "hookq.toml:3: destinations.server.ssh_key: unknown key; did you mean \"ssh-key\"?"),
        arguments(
            server + "\n# a comment\nsubstitute = true\n",
            "hookq.toml:5: destinations.server.substitute: unknown key; allowed are uri, ssh-key, ssh-config, known-hosts, host-key, "),
        arguments(
            "[retry]\nmaximum = \"1s\"\n" + server,
            "hookq.toml:2: retry.maximum: unknown key; allowed are initial, max, attempts"),
        arguments(
            "[retry]\nattempt = 3\n" + server,
            "hookq.toml:2: retry.attempt: unknown key; did you mean \"attempts\"?"),
        arguments(
            "[destinations.server]\nssh-key = \"/k\"\n",
            "hookq.toml:1: destinations.server.uri: missing; expected \"ssh://[user@]host[:port]\""),
        arguments(
            "[retry]\nattempts = \"five\"\n" + server,
            "hookq.toml:2: retry.attempts: expected a whole number, found \"five\""),
        arguments(
            "[retry]\nattempts = 2.5\n" + server,
            "hookq.toml:2: retry.attempts: expected a whole number, found 2.5"),
        arguments(
            "[retry]\nattempts = 99999999999\n" + server,
            "hookq.toml:2: retry.attempts: expected a whole number, found 99999999999"),
        arguments(
            "[retry]\nattempts = 0\n" + server,
            "hookq.toml:2: retry.attempts: must be at least 1, not 0"),
        arguments(
            "[retry]\ninitial = \"0s\"\n" + server, "hookq.toml:2: retry.initial: must be above 0"),
        arguments(
            "[retry]\ninitial = \"10s\"\nmax = \"5s\"\n" + server,
            "hookq.toml:3: retry.max: must not be below retry.initial"),
        arguments(
            "[retry]\nmax = 5\n" + server,
            "hookq.toml:2: retry.max: expected a duration such as \"250ms\", \"15s\", \"5m\", \"1h30m\", \"7d\", \"2w\", found 5"),
        arguments(
            "[retry]\nmax = \"5 minutes\"\n" + server,
            "hookq.toml:2: retry.max: expected a duration such as \"250ms\", \"15s\", \"5m\", \"1h30m\", \"7d\", \"2w\", found \"5 minutes\""),
        arguments(
            "[retry]\nmax = \"-5s\"\n" + server,
            "hookq.toml:2: retry.max: expected a duration such as"),
        arguments(
            "[retry]\nmax = \"999999999999999999d\"\n" + server,
            "hookq.toml:2: retry.max: expected a duration such as"),
        arguments(
            "[retry]\nmax = \"1h 30\"\n" + server,
            "hookq.toml:2: retry.max: expected a duration such as"),
        arguments(
            "[retry]\nmax = \"5000w500w\"\n" + server,
            "hookq.toml:2: retry.max: expected a duration such as"),
        arguments("retry = 5\n" + server, "hookq.toml:1: retry: expected a table, found 5"),
        arguments(
            "[daemon]\nstate-dir = \"var/lib\"\n" + server,
            "hookq.toml:2: daemon.state-dir: expected an absolute path or one that begins with ~/, found \"var/lib\""),
        arguments(
            "[daemon]\nsocket = \"/" + "s".repeat(120) + "\"\n" + server,
            "hookq.toml:2: daemon.socket: a socket's path has at most 107 bytes, this one has 121: /sss"),
        arguments(
            "[daemon]\nallow-group = \"\"\n" + server,
            "hookq.toml:2: daemon.allow-group: a group's name is not empty"),
        arguments(
            "[daemon]\nallow-group = 5\n" + server,
            "hookq.toml:2: daemon.allow-group: expected a string, found 5"),
        arguments(
            "[daemon]\nstore = \"daemon\"\n" + server,
            "hookq.toml:2: daemon.store: expected \"unix:///SOCKET\", \"unix:///SOCKET?root=DIR\" or \"local\", found \"daemon\""),
        arguments(
            "[daemon]\nstore = \"unix:///s?real=/x\"\n" + server,
            "hookq.toml:2: daemon.store: the one known parameter is root, not \"real=/x\""),
        arguments(
            "[daemon]\nstore = \"unix:///s?root=x\"\n" + server,
            "hookq.toml:2: daemon.store: root must be absolute, not \"x\""),
        arguments(
            server + "ssh-config = \"yes\"\n",
            "hookq.toml:3: destinations.server.ssh-config: expected true or false, found \"yes\""),
        arguments(
            server + "known-hosts = \"/x\"\n",
            "hookq.toml:3: destinations.server.known-hosts: expected an array of strings, found \"/x\""),
        arguments(
            server + "known-hosts = [1]\n",
            "hookq.toml:3: destinations.server.known-hosts: expected an array of strings, found 1"),
        arguments(
            server + "host-key = \"AAAA\"\n",
            "hookq.toml:3: destinations.server.host-key: expected a public key such as \"ssh-ed25519 AAAA…\", found \"AAAA\""),
        arguments(
            server + "host-key = \"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAAB\"\n",
            "hookq.toml:3: destinations.server.host-key: expected a public key such as"),
        arguments(
            server + "host-key-checking = \"no\"\n",
            "hookq.toml:3: destinations.server.host-key-checking: expected \"strict\" or \"accept-new\", found \"no\""),
        arguments(
            server + "compression = \"gzip\"\n",
            "hookq.toml:3: destinations.server.compression: expected \"auto\" or \"zstd\" or \"zlib\" or \"none\", found \"gzip\""),
        arguments(
            server + "channels = \"many\"\n",
            "hookq.toml:3: destinations.server.channels: expected \"auto\" or a whole number, found \"many\""),
        arguments(
            server + "channels = 0\n",
            "hookq.toml:3: destinations.server.channels: must be \"auto\" or from 1 to 64, not 0"),
        arguments(
            server + "rate-limit = \"2MiB\"\n",
            "hookq.toml:3: destinations.server.rate-limit: expected a rate such as \"2MiB/s\", or \"\" for unlimited, found \"2MiB\""),
        arguments(
            server + "rate-limit = \"0/s\"\n",
            "hookq.toml:3: destinations.server.rate-limit: expected a rate such as"),
        arguments(
            server + "stall-timeout = \"0s\"\n",
            "hookq.toml:3: destinations.server.stall-timeout: must be above 0"),
        arguments(
            server + "ssh-key = \"credential:../x\"\n",
            "hookq.toml:3: destinations.server.ssh-key: a credential's name is a plain file name, not \"../x\""),
        arguments(
            server + "ssh-key = \"id\"\n",
            "hookq.toml:3: destinations.server.ssh-key: expected an absolute path or one that begins with ~/, found \"id\""),
        arguments(
            server + "ssh-key = \"/a\\u0000b\"\n",
            "hookq.toml:3: destinations.server.ssh-key: control characters are not allowed"),
        arguments(
            server + "[destinations.server.filter]\nexclude = [\"(\"]\n",
            "hookq.toml:4: destinations.server.filter.exclude: not a regex: \"(\" (Unclosed group)"),
        arguments(
            server + "[destinations.server.filter]\nmax-nar-size = \"2 gigs\"\n",
            "hookq.toml:4: destinations.server.filter.max-nar-size: expected a size such as \"512KiB\" or \"2GiB\", or \"\" for unlimited, found \"2 gigs\""),
        arguments(
            "[destinations.\"a b\"]\nuri = \"ssh://a\"\n",
            "hookq.toml:1: destinations.a b: a destination's name is 1 to 64 letters, digits, dots, dashes and underscores"),
        arguments(
            "destinations = { server = { uri = 5 } }\n",
            "hookq.toml:1: destinations.server.uri: expected a string, found 5"),
        arguments(
            server + "uri = \"ssh://other\"\n",
            "hookq.toml:3: destinations.server.uri: given twice, first in line 2"),
        arguments(
            server + "[destinations.server]\n",
            "hookq.toml:3: destinations.server: given twice, first in line 1"),
        arguments("[retry]\nattempts 5\n", "hookq.toml:2: not TOML: "),
        arguments("[retry\n", "hookq.toml:1: not TOML: "));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void what_makes_no_sense_is_refused_with_file_line_key_and_what_is_allowed(
      String text, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> parsed(text))
        .satisfies(e -> assertThat(e.getMessage()).startsWith(message));
  }

  static Stream<Arguments> refusedUris() {
    return Stream.of(
        arguments("server", "expected ssh://[user@]host[:port], found \"server\""),
        arguments("https://server", "expected ssh://[user@]host[:port], found \"https://server\""),
        arguments("ssh://", "the host is missing"),
        arguments("ssh://me@", "the host is missing"),
        arguments("ssh://@server", "not a user name: \"\""),
        arguments("ssh://-oProxyCommand=x@server", "not a user name: \"-oProxyCommand=x\""),
        arguments("ssh://-server", "not a host name: \"-server\""),
        arguments("ssh://ser ver", "not a host name: \"ser ver\""),
        arguments("ssh://me:secret@server", "a password in the URI is not allowed; use a key"),
        arguments("ssh://server:0", "a port is from 1 to 65535, not 0"),
        arguments("ssh://server:65536", "a port is from 1 to 65535, not 65536"),
        arguments("ssh://server:", "not a port: \"\""),
        arguments("ssh://server:ssh", "not a port: \"ssh\""),
        arguments("ssh://fd00::1", "an IPv6 address stands in brackets: [fd00::1]"),
        arguments("ssh://[server]", "not an IPv6 address in brackets: [server]"),
        arguments("ssh://[fd00::1", "not an IPv6 address in brackets: [fd00::1"),
        arguments(
            "ssh://server/nix",
            "a path after the host is not allowed; remote-store names another store"),
        arguments("ssh://server#x", "a fragment (#…) is not allowed"),
        arguments(
            "ssh://server?trusted=1",
            "unknown parameter \"trusted\"; allowed are ssh-key, compress, remote-program, remote-store, base64-ssh-public-host-key, max-connections"),
        arguments(
            "ssh://server?ssh-kye=/k", "unknown parameter \"ssh-kye\"; did you mean \"ssh-key\"?"),
        arguments("ssh://server?compress", "a parameter is name=value, not \"compress\""),
        arguments("ssh://server?compress=maybe", "compress is true or false, not \"maybe\""),
        arguments(
            "ssh://server?compress=1&compress=1", "the parameter \"compress\" is given twice"),
        arguments("ssh://server?max-connections=x", "max-connections is a number, not \"x\""),
        arguments("ssh://server?ssh-key=%zz", "% is not followed by two digits: \"%zz\""),
        arguments("ssh://server?ssh-key=%2", "% is not followed by two digits: \"%2\""),
        arguments("ssh://server?ssh-key=%ff", "not UTF-8 behind its percent signs: \"%ff\""),
        arguments("ssh://server?ssh-key=%00", "control characters are not allowed in the URI"));
  }

  @ParameterizedTest
  @MethodSource("refusedUris")
  void what_is_no_uri_is_refused_and_why(String uri, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> withUri(uri))
        .withMessage("hookq.toml:2: destinations.server.uri: " + message);
  }

  static Stream<Arguments> givenTwice() {
    return Stream.of(
        arguments("ssh-key=/a", "ssh-key = \"/a\"", "ssh-key", "ssh-key"),
        arguments("compress=true", "compression = \"zlib\"", "compression", "compress"),
        arguments("remote-program=x", "remote-program = \"x\"", "remote-program", "remote-program"),
        arguments("remote-store=x", "remote-store = \"x\"", "remote-store", "remote-store"),
        arguments("max-connections=1", "channels = 1", "channels", "max-connections"),
        arguments(
            "base64-ssh-public-host-key=x",
            "host-key = \"x\"",
            "host-key",
            "base64-ssh-public-host-key"));
  }

  @ParameterizedTest
  @MethodSource("givenTwice")
  void a_parameter_and_its_key_exclude_each_other(
      String parameter, String line, String key, String name) {
    var text = "[destinations.server]\nuri = \"ssh://s?" + parameter + "\"\n" + line + "\n";

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> parsed(text))
        .withMessage(
            "hookq.toml:3: destinations.server.%s: given here and as \"%s\" in the uri; keep one of them",
            key, name);
  }

  @Test
  void a_file_that_cannot_be_read_is_named(@TempDir Path folder) throws Exception {
    var missing = folder.resolve("missing.toml");
    var latin = Files.write(folder.resolve("latin.toml"), new byte[] {'#', (byte) 0xe4, '\n'});

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Config.load(missing, LINUX))
        .withMessage(missing + ": no such file");
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Config.load(latin, LINUX))
        .withMessage(latin + ": not UTF-8");
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Config.load(folder, LINUX))
        .satisfies(e -> assertThat(e.getMessage()).startsWith(folder + ": cannot be read: "));
  }

  @Test
  void a_file_may_begin_with_a_byte_order_mark_and_end_its_lines_as_on_windows(@TempDir Path folder)
      throws Exception {
    var text = "\uFEFF[destinations.server]\r\nuri = \"ssh://server\"\r\n";
    var file = Files.writeString(folder.resolve("hookq.toml"), text);
    assertThat(Config.load(file, LINUX).destinations()).containsKey("server");

    Files.writeString(file, text + "chanels = 1\r\n");
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Config.load(file, LINUX))
        .withMessageStartingWith(file + ":3: destinations.server.chanels: unknown key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ssh://[fe80::1%25eth0]", "ssh://[fe80::1%eth0]?compress=true&"})
  void a_zone_is_taken_with_either_percent_sign_as_nix_takes_it(String uri) throws Exception {
    assertThat(withUri(uri).uri().host()).isEqualTo("fe80::1%eth0");
  }

  @Test
  void a_key_in_the_uri_that_is_none_is_shown_as_it_stands_there() {
    // Decoded it would be a command to the terminal.
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> withUri("ssh://server?base64-ssh-public-host-key=G1sybQ=="))
        .withMessageEndingWith("found \"G1sybQ==\"");
  }

  @Test
  void a_line_is_found_below_quoted_headers_and_dotted_keys() {
    var text = "a.b = 1\n[\"x y\" . z]\n'k' = 2\n  m.n=3\n";

    assertThat(new KeyLines(text).of("a.b")).hasValue(1);
    assertThat(new KeyLines(text).of("x y.z.k")).hasValue(3);
    assertThat(new KeyLines(text).of("x y.z.m.n")).hasValue(4);
    assertThat(new KeyLines(text).of("x y.z.other")).hasValue(2);
    assertThat(new KeyLines(text).of("nothing")).isEmpty();
  }
}
