package io.hookq.ssh;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * OpenSSH's configuration files, {@code ~/.ssh/config} and {@code /etc/ssh/ssh_config}, as
 * ssh_config(5) has them. MINA's own reader knows too little of them. Files are read anew each time
 * they are asked. Immutable.
 *
 * <p>A setting that changes where one lands or whom one believes is followed or refused by name,
 * with file and line, if it applies to the host asked for; it is never passed over.
 *
 * @param home of the user that runs this
 * @param systemFile for all users; included files are relative to its folder
 * @param environment for {@code ${NAME}} in file names
 * @param localUser who runs this
 */
public record SshConfig(
    Path home, Path systemFile, Map<String, String> environment, String localUser) {
  private static final Path SYSTEM_FILE = Path.of("/etc/ssh/ssh_config");
  private static final int DEFAULT_ALIVE_COUNT = 3;
  private static final int MAX_JUMPS = 8;
  private static final Pattern TIME = Pattern.compile("([0-9]+)([smhdwSMHDW]?)");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]*)}");

  public SshConfig {
    environment = Map.copyOf(environment);
  }

  /** The files of the user that runs this process, whose home that is. */
  public static SshConfig of(Path home) {
    return new SshConfig(home, SYSTEM_FILE, System.getenv(), System.getProperty("user.name"));
  }

  Path userFile() {
    return home.resolve(".ssh").resolve("config");
  }

  /**
   * What the files say about a host.
   *
   * @param name as someone would type it after {@code ssh}
   * @param user who logs in, where that is decided already
   * @param port where that is decided already
   * @throws SshConfigException if they cannot be followed
   */
  public HostSettings host(String name, Optional<String> user, OptionalInt port)
      throws SshConfigException {
    var reader = new SshConfigReader(this, name, user);
    reader.read();
    return new Answer(reader, name, user, port).settings();
  }

  /**
   * The hosts on the way to a host, that host last. As with {@code ssh}, only the first of several
   * jumps may itself have others before it.
   *
   * @throws SshConfigException if the files cannot be followed, or lead in a circle
   */
  public List<HostSettings> way(String name, Optional<String> user, OptionalInt port)
      throws SshConfigException {
    var way = new ArrayList<HostSettings>();
    extend(way, name, user, port, List.of());
    return List.copyOf(way);
  }

  private void extend(
      List<HostSettings> way,
      String name,
      Optional<String> user,
      OptionalInt port,
      List<String> before)
      throws SshConfigException {
    if (before.size() >= MAX_JUMPS) {
      throw new SshConfigException(
          "ProxyJump leads in a circle: %s".formatted(String.join(" by way of ", before)),
          "set ProxyJump none for the host that is reached directly",
          null);
    }
    HostSettings host = host(name, user, port);
    for (int i = 0; i < host.jumps().size(); i++) {
      HostSettings.Jump jump = host.jumps().get(i);
      if (i == 0) {
        var path = new ArrayList<>(before);
        path.add(name);
        extend(way, jump.host(), jump.user(), jump.port(), path);
      } else {
        way.add(host(jump.host(), jump.user(), jump.port()));
      }
    }
    way.add(host);
  }

  /** A file name with {@code ~} for the home folder. */
  Path path(SshConfigLine line, String text) throws SshConfigException {
    if (text.equals("~") || text.startsWith("~/")) {
      return home.resolve(text.substring(Math.min(2, text.length())));
    }
    if (text.startsWith("~")) {
      throw line.failure("another user's home is not supported: " + text);
    }
    return Path.of(text).toAbsolutePath();
  }

  /** Makes values of the lines that apply to one host. */
  private final class Answer {
    private final SshConfigReader lines;
    private final String name;
    private final Optional<String> user;
    private final OptionalInt port;
    private final Map<Character, String> tokens = new HashMap<>();

    Answer(SshConfigReader lines, String name, Optional<String> givenUser, OptionalInt givenPort)
        throws SshConfigException {
      this.lines = lines;
      this.name = name;
      tokens.put('%', "%");
      tokens.put('h', name);
      Optional<SshConfigLine> hostName = lines.first("hostname");
      if (hostName.isPresent()) {
        tokens.put('h', expanded(hostName.get(), hostName.get().value()));
      }
      Optional<SshConfigLine> userLine = lines.first("user");
      user =
          givenUser.isPresent() || userLine.isEmpty()
              ? givenUser
              : Optional.of(userLine.get().value());
      Optional<SshConfigLine> portLine = lines.first("port");
      port =
          givenPort.isPresent() || portLine.isEmpty()
              ? givenPort
              : OptionalInt.of(number(portLine.get(), 1, 65_535));
      tokens.put('n', name);
      tokens.put('p', Integer.toString(port.orElse(SshEndpoint.DEFAULT_PORT)));
      tokens.put('r', user.orElse(localUser));
      tokens.put('u', localUser);
      tokens.put('d', home.toString());
      Optional<SshConfigLine> alias = lines.first("hostkeyalias");
      tokens.put('k', alias.isPresent() ? alias.get().value() : name);
    }

    HostSettings settings() throws SshConfigException {
      Optional<SshConfigLine> agentLine = lines.first("identityagent");
      Optional<SshConfigLine> jumpLine = lines.first("proxyjump");
      Optional<SshConfigLine> alive = lines.first("serveraliveinterval");
      Optional<SshConfigLine> aliveCount = lines.first("serveralivecountmax");
      Optional<SshConfigLine> connect = lines.first("connecttimeout");
      Optional<SshConfigLine> compression = lines.first("compression");
      Optional<SshConfigLine> only = lines.first("identitiesonly");
      Optional<SshConfigLine> alias = lines.first("hostkeyalias");
      boolean noAgent =
          agentLine.isPresent() && agentLine.get().value().toLowerCase(Locale.ROOT).equals("none");
      return new HostSettings(
          token('h'),
          port,
          user,
          identityFiles(),
          only.isPresent() && yes(only.get()),
          files(lines.certificateFiles()),
          agentLine.isPresent() && !noAgent ? agent(agentLine.get()) : Optional.empty(),
          noAgent,
          knownHosts("userknownhostsfile"),
          knownHosts("globalknownhostsfile"),
          hostKeys(),
          alias.isPresent() ? Optional.of(alias.get().value()) : Optional.empty(),
          jumpLine.isPresent() ? jumps(jumpLine.get()) : List.of(),
          jumpLine.isPresent(),
          alive.isPresent() ? duration(alive.get()).filter(Duration::isPositive) : Optional.empty(),
          aliveCount.isPresent()
              ? number(aliveCount.get(), 0, Integer.MAX_VALUE)
              : DEFAULT_ALIVE_COUNT,
          connect.isPresent()
              ? duration(connect.get()).filter(Duration::isPositive)
              : Optional.empty(),
          compression.isPresent() ? Optional.of(yes(compression.get())) : Optional.empty(),
          family());
    }

    private Optional<List<Path>> identityFiles() throws SshConfigException {
      List<SshConfigLine> given = lines.identityFiles();
      if (given.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(files(given));
    }

    private List<Path> files(List<SshConfigLine> given) throws SshConfigException {
      var files = new ArrayList<Path>();
      for (SshConfigLine line : given) {
        String text = line.value();
        if (text.toLowerCase(Locale.ROOT).equals("none")) {
          continue;
        }
        Path file = path(line, expanded(line, text));
        if (!files.contains(file)) {
          files.add(file);
        }
      }
      return List.copyOf(files);
    }

    private Optional<List<Path>> knownHosts(String keyword) throws SshConfigException {
      Optional<SshConfigLine> line = lines.first(keyword);
      if (line.isEmpty()) {
        return Optional.empty();
      }
      var files = new ArrayList<Path>();
      for (String word : line.get().words()) {
        if (!word.toLowerCase(Locale.ROOT).equals("none")) {
          files.add(path(line.get(), expanded(line.get(), word)));
        }
      }
      return Optional.of(List.copyOf(files));
    }

    private Optional<Path> agent(SshConfigLine line) throws SshConfigException {
      String text = line.value();
      if (text.equals("SSH_AUTH_SOCK")) {
        return Optional.empty();
      }
      if (text.startsWith("$") && !text.startsWith("${")) {
        String value = environment.get(text.substring(1));
        return value == null || value.isEmpty() ? Optional.empty() : Optional.of(Path.of(value));
      }
      return Optional.of(path(line, expanded(line, text)));
    }

    private Optional<HostSettings.HostKeys> hostKeys() throws SshConfigException {
      Optional<SshConfigLine> line = lines.first("stricthostkeychecking");
      if (line.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          switch (line.get().value().toLowerCase(Locale.ROOT)) {
            case "yes", "true", "ask" -> HostSettings.HostKeys.STRICT;
            case "accept-new" -> HostSettings.HostKeys.ACCEPT_NEW;
            case "no", "false", "off" -> HostSettings.HostKeys.UNCHECKED;
            default -> throw line.get().failure("expected yes, no, ask or accept-new");
          });
    }

    private SshEndpoint.Family family() throws SshConfigException {
      Optional<SshConfigLine> line = lines.first("addressfamily");
      if (line.isEmpty()) {
        return SshEndpoint.Family.ANY;
      }
      return switch (line.get().value().toLowerCase(Locale.ROOT)) {
        case "any" -> SshEndpoint.Family.ANY;
        case "inet" -> SshEndpoint.Family.IPV4;
        case "inet6" -> SshEndpoint.Family.IPV6;
        default -> throw line.get().failure("expected any, inet or inet6");
      };
    }

    private List<HostSettings.Jump> jumps(SshConfigLine line) throws SshConfigException {
      String text = line.value();
      if (text.toLowerCase(Locale.ROOT).equals("none")) {
        return List.of();
      }
      var jumps = new ArrayList<HostSettings.Jump>();
      for (String jump : text.split(",", -1)) {
        jumps.add(jump(line, expanded(line, jump)));
      }
      return jumps;
    }

    private HostSettings.Jump jump(SshConfigLine line, String given) throws SshConfigException {
      String text = given;
      if (text.startsWith("ssh://")) {
        text = text.substring("ssh://".length());
        text = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
      }
      int at = text.lastIndexOf('@');
      Optional<String> who = at < 0 ? Optional.empty() : Optional.of(text.substring(0, at));
      String rest = text.substring(at + 1);
      // [ADDRESS]:PORT, HOST:PORT, or a bare address, which has several colons.
      boolean bracketed = rest.startsWith("[") && rest.indexOf(']') > 0;
      String host = bracketed ? rest.substring(1, rest.indexOf(']')) : rest;
      String after = bracketed ? rest.substring(rest.indexOf(']') + 1) : "";
      int colon = host.indexOf(':');
      if (!bracketed && colon >= 0 && colon == host.lastIndexOf(':')) {
        after = host.substring(colon);
        host = host.substring(0, colon);
      }
      boolean badPort = !after.isEmpty() && !after.matches(":[0-9]{1,5}");
      if (host.isEmpty()
          || host.startsWith("-")
          || who.filter(String::isEmpty).isPresent()
          || badPort) {
        throw line.failure("expected [user@]host[:port], found \"" + given + '"');
      }
      OptionalInt itsPort =
          after.isEmpty()
              ? OptionalInt.empty()
              : OptionalInt.of(Integer.parseInt(after.substring(1)));
      return new HostSettings.Jump(host, who, itsPort);
    }

    // ── Values ───────────────────────────────────────────────────────────────────────────────

    private String token(char letter) {
      return tokens.getOrDefault(letter, "");
    }

    /** With {@code %h} and its like, and with {@code ${NAME}}, replaced. */
    private String expanded(SshConfigLine line, String text) throws SshConfigException {
      var out = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c != '%') {
          out.append(c);
          continue;
        }
        if (++i == text.length()) {
          throw line.failure("a % stands at the end of \"" + text + '"');
        }
        out.append(value(line, text.charAt(i)));
      }
      Matcher variable = VARIABLE.matcher(out);
      var result = new StringBuilder();
      while (variable.find()) {
        String value = environment.get(variable.group(1));
        if (value == null) {
          throw line.failure("the variable " + variable.group(1) + " is not set");
        }
        variable.appendReplacement(result, Matcher.quoteReplacement(value));
      }
      return variable.appendTail(result).toString();
    }

    private String value(SshConfigLine line, char letter) throws SshConfigException {
      if (letter == 'l' || letter == 'L') {
        try {
          String local = InetAddress.getLocalHost().getHostName();
          return letter == 'L' ? local.split("\\.", 2)[0] : local;
        } catch (UnknownHostException e) {
          throw line.failure("the name of this machine is not known: " + e.getMessage());
        }
      }
      String value = tokens.get(letter);
      if (value == null) {
        throw line.failure("%" + letter + " is not supported here, for " + name);
      }
      return value;
    }

    private boolean yes(SshConfigLine line) throws SshConfigException {
      return switch (line.value().toLowerCase(Locale.ROOT)) {
        case "yes", "true" -> true;
        case "no", "false" -> false;
        default -> throw line.failure("expected yes or no, found \"" + line.rest() + '"');
      };
    }

    private int number(SshConfigLine line, int least, int most) throws SshConfigException {
      try {
        int number = Integer.parseInt(line.value());
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
      throw line.failure("not a number that is possible here: \"" + line.rest() + '"');
    }

    /** {@code 90}, {@code 1m30s}; empty for {@code none}. */
    private Optional<Duration> duration(SshConfigLine line) throws SshConfigException {
      String text = line.value();
      if (text.toLowerCase(Locale.ROOT).equals("none")) {
        return Optional.empty();
      }
      long seconds = 0;
      Matcher part = TIME.matcher(text);
      int at = 0;
      try {
        while (at < text.length() && part.find(at) && part.start() == at) {
          long unit =
              switch (part.group(2).toLowerCase(Locale.ROOT)) {
                case "m" -> 60;
                case "h" -> 3600;
                case "d" -> 86_400;
                case "w" -> 604_800;
                default -> 1;
              };
          seconds = Math.addExact(seconds, Math.multiplyExact(Long.parseLong(part.group(1)), unit));
          at = part.end();
        }
      } catch (ArithmeticException | NumberFormatException e) {
        at = -1;
      }
      if (at != text.length() || seconds > Integer.MAX_VALUE) {
        throw line.failure("not a time: \"" + text + '"');
      }
      return Optional.of(Duration.ofSeconds(seconds));
    }
  }
}
