package io.hookq.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Walks OpenSSH's configuration files for one host and keeps what applies to it: of most keywords
 * the first value, of some all. For one thread, for one walk; after an exception it is good for
 * nothing.
 *
 * <p>The order of the files, the blocks and the rules of matching are those of ssh_config(5).
 */
final class SshConfigReader {
  /** As deep as {@code ssh} follows. */
  private static final int MAX_DEPTH = 16;

  private static final int MAX_SIZE = 4 << 20;

  /** Keywords that are acted upon; of each the first value counts. */
  private static final Set<String> SINGLE =
      Set.of(
          "hostname",
          "user",
          "port",
          "identitiesonly",
          "identityagent",
          "stricthostkeychecking",
          "hostkeyalias",
          "proxyjump",
          "serveraliveinterval",
          "serveralivecountmax",
          "connecttimeout",
          "compression",
          "addressfamily",
          "userknownhostsfile",
          "globalknownhostsfile");

  /**
   * Keywords that change where one lands or whom one believes, and that are not acted upon; with
   * the values that ask for nothing.
   */
  private static final Map<String, Set<String>> REFUSED =
      Map.ofEntries(
          Map.entry("proxycommand", Set.of("none")),
          Map.entry("canonicalizehostname", Set.of("no", "false", "none")),
          Map.entry("pkcs11provider", Set.of("none")),
          Map.entry("smartcarddevice", Set.of("none")),
          Map.entry("remotecommand", Set.of("none")),
          Map.entry("sessiontype", Set.of("default")),
          Map.entry("knownhostscommand", Set.of("none")),
          Map.entry("revokedhostkeys", Set.of("none")),
          Map.entry("bindaddress", Set.of("none")),
          Map.entry("bindinterface", Set.of("none")),
          Map.entry("refuseconnection", Set.of()),
          Map.entry("pubkeyauthentication", Set.of("yes", "true", "unbound", "host-bound")));

  /**
   * Keywords that may be passed over: they concern terminals, forwarding, passwords, shared
   * connections and logs, or choose among algorithms of which we offer none that is weak.
   */
  private static final Set<String> IGNORED =
      Set.of(
          ("addkeystoagent batchmode canonicaldomains canonicalizefallbacklocal canonicalizemaxdots"
                  + " canonicalizepermittedcnames casignaturealgorithms challengeresponseauthentication"
                  + " channeltimeout checkhostip cipher ciphers clearallforwardings compressionlevel"
                  + " connectionattempts controlmaster controlpath controlpersist dsaauthentication"
                  + " dynamicforward enableescapecommandline enablesshkeysign escapechar"
                  + " exitonforwardfailure fallbacktorsh fingerprinthash forkafterauthentication"
                  + " forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports"
                  + " globalknownhostsfile2 gssapiauthentication gssapiclientidentity"
                  + " gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange"
                  + " gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hashknownhosts"
                  + " hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes"
                  + " hostkeyalgorithms ignoreunknown ipqos kbdinteractiveauthentication"
                  + " kbdinteractivedevices keepalive kexalgorithms localcommand localforward loglevel"
                  + " logverbose macs nohostauthenticationforlocalhost numberofpasswordprompts"
                  + " obscurekeystroketiming passwordauthentication permitlocalcommand"
                  + " permitremoteopen preferredauthentications protocol proxyusefdpass"
                  + " pubkeyacceptedalgorithms pubkeyacceptedkeytypes rekeylimit"
                  + " remoteforward requesttty requiredrsasize rhostsrsaauthentication"
                  + " rsaauthentication securitykeyprovider sendenv setenv"
                  + " skeyauthentication stdinnull streamlocalbindmask streamlocalbindunlink"
                  + " syslogfacility tag tcpkeepalive tunnel tunneldevice updatehostkeys"
                  + " usekeychain useprivilegedport userknownhostsfile2 useroaming usersh"
                  + " verifyhostkeydns versionaddendum visualhostkey warnweakcrypto"
                  + " xauthlocation")
              .split(" ", -1));

  private final SshConfig config;
  private final String name;
  private final Optional<String> givenUser;
  private final Map<String, SshConfigLine> first = new HashMap<>();
  private final List<SshConfigLine> identityFiles = new ArrayList<>();
  private final List<SshConfigLine> certificateFiles = new ArrayList<>();
  private final List<String> ignoredUnknown = new ArrayList<>();

  SshConfigReader(SshConfig config, String name, Optional<String> givenUser) {
    this.config = config;
    this.name = name;
    this.givenUser = givenUser;
  }

  /** Reads the user's file and the system's, in this order. */
  void read() throws SshConfigException {
    read(config.userFile(), true, true, 0);
    read(config.systemFile(), false, true, 0);
    refuse();
  }

  private void refuse() throws SshConfigException {
    for (var refused : REFUSED.entrySet()) {
      SshConfigLine line = first.get(refused.getKey());
      if (line != null
          && !refused.getValue().contains(line.words().getFirst().toLowerCase(Locale.ROOT))) {
        throw line.failure(
            "\"%s\" is not supported, and applies to %s".formatted(line.rest(), name),
            refused.getKey().equals("proxycommand")
                ? "use ProxyJump, or set ssh-config = false"
                : "leave it out for this host, or set ssh-config = false");
      }
    }
  }

  Optional<SshConfigLine> first(String keyword) {
    return Optional.ofNullable(first.get(keyword));
  }

  List<SshConfigLine> identityFiles() {
    return List.copyOf(identityFiles);
  }

  List<SshConfigLine> certificateFiles() {
    return List.copyOf(certificateFiles);
  }

  // ── Files ──────────────────────────────────────────────────────────────────────────────────

  /**
   * Reads one file.
   *
   * @param ofUser the user's own, or included from it
   * @param reachable whether the place that includes it applies to the host
   */
  private void read(Path file, boolean ofUser, boolean reachable, int depth)
      throws SshConfigException {
    List<String> lines;
    try {
      if (Files.isDirectory(file)) {
        throw new SshConfigException(file + " is a directory", null, null);
      }
      if (!Files.exists(file)) {
        return;
      }
      if (ofUser) {
        refuseWritableByOthers(file);
      }
      if (Files.size(file) > MAX_SIZE) {
        throw new SshConfigException(file + " is larger than any ssh_config", null, null);
      }
      lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return;
    } catch (SshConfigException e) {
      throw e;
    } catch (IOException e) {
      throw new SshConfigException(
          "%s cannot be read: %s".formatted(file, e),
          "let the user this runs as read it, or set ssh-config = false",
          e);
    }
    boolean active = reachable;
    for (int i = 0; i < lines.size(); i++) {
      // Names of files and users can be any text; the lines were cut byte by byte.
      String text =
          new String(lines.get(i).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      Optional<SshConfigLine> parsed = SshConfigLine.parse(file, i + 1, text);
      if (parsed.isEmpty()) {
        continue;
      }
      SshConfigLine line = parsed.get();
      switch (line.keyword()) {
        case "host" -> active = reachable && matchesHost(line);
        case "match" -> active = reachable && matches(line);
        case "include" -> include(line, ofUser, active, depth);
        default -> {
          if (active) {
            take(line);
          }
        }
      }
    }
  }

  /** As {@code ssh} does: who can write the file decides whom we believe. */
  private static void refuseWritableByOthers(Path file) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    if (mode.contains(PosixFilePermission.GROUP_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new SshConfigException(file + " can be written by others", "chmod go-w " + file, null);
    }
  }

  private void include(SshConfigLine line, boolean ofUser, boolean active, int depth)
      throws SshConfigException {
    if (depth >= MAX_DEPTH) {
      throw line.failure("files include each other more than " + MAX_DEPTH + " deep");
    }
    for (String word : line.words()) {
      if (word.startsWith("~") && !ofUser) {
        throw line.failure("\"~\" means nothing in a file for all users: " + word);
      }
      Path folder = (ofUser ? config.userFile() : config.systemFile()).toAbsolutePath().getParent();
      Path path = config.path(line, word);
      Path pattern = word.startsWith("~") || folder == null ? path : folder.resolve(word);
      for (Path file : glob(line, pattern)) {
        read(file, ofUser, active, depth + 1);
      }
    }
  }

  /** The files that a pattern names, sorted; wildcards may stand in every part of it. */
  private static List<Path> glob(SshConfigLine line, Path pattern) throws SshConfigException {
    List<Path> found = List.of(pattern.getRoot() == null ? Path.of("/") : pattern.getRoot());
    for (Path part : pattern.normalize()) {
      String text = part.toString();
      var next = new ArrayList<Path>();
      for (Path folder : found) {
        if (text.chars().noneMatch(c -> c == '*' || c == '?' || c == '[')) {
          if (Files.exists(folder.resolve(text))) {
            next.add(folder.resolve(text));
          }
          continue;
        }
        if (!Files.isDirectory(folder)) {
          continue;
        }
        // Java's patterns know alternatives in braces, those of ssh_config do not.
        String escaped = text.replace("{", "\\{").replace("}", "\\}");
        var matcher = folder.getFileSystem().getPathMatcher("glob:" + escaped);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
          for (Path entry : entries) {
            Path base = entry.getFileName();
            boolean hidden = base.toString().startsWith(".") && !text.startsWith(".");
            if (!hidden && matcher.matches(base)) {
              next.add(entry);
            }
          }
        } catch (IOException e) {
          throw line.failure("cannot list " + folder + ": " + e);
        }
      }
      next.sort(null);
      found = next;
    }
    return found;
  }

  // ── Blocks ─────────────────────────────────────────────────────────────────────────────────

  private boolean matchesHost(SshConfigLine line) {
    boolean matched = false;
    for (String pattern : line.words()) {
      boolean negated = pattern.startsWith("!");
      if (KnownHosts.glob(negated ? pattern.substring(1) : pattern, name)) {
        if (negated) {
          return false;
        }
        matched = true;
      }
    }
    return matched;
  }

  /**
   * Whether a Match block applies. What cannot be found out here counts only if nothing else rules
   * the block out.
   */
  private boolean matches(SshConfigLine line) throws SshConfigException {
    var words = new ArrayList<String>();
    for (String word : line.words()) {
      int equals = word.indexOf('=');
      if (equals > 0 && words.size() % 2 == 0) {
        words.add(word.substring(0, equals));
        words.add(word.substring(equals + 1));
      } else if (!word.equals("=")) {
        words.add(word);
      }
    }
    boolean matched = true;
    Optional<String> unknown = Optional.empty();
    for (int at = 0; at < words.size(); at++) {
      boolean negated = words.get(at).startsWith("!");
      String criterion = words.get(at).substring(negated ? 1 : 0).toLowerCase(Locale.ROOT);
      if (criterion.equals("all")) {
        if (words.size() > 1) {
          throw line.failure("\"all\" stands alone");
        }
        return !negated;
      }
      if (criterion.equals("canonical") || criterion.equals("final")) {
        unknown = Optional.of(criterion);
        continue;
      }
      if (++at >= words.size()) {
        throw line.failure("\"" + criterion + "\" lacks its value");
      }
      String patterns = words.get(at);
      switch (criterion) {
        case "host" -> matched &= negated != KnownHosts.matches(patterns, hostName());
        case "originalhost" -> matched &= negated != KnownHosts.matches(patterns, name);
        case "user" -> matched &= negated != KnownHosts.matches(patterns, user());
        case "localuser" -> matched &= negated != KnownHosts.matches(patterns, config.localUser());
        case "exec", "tagged", "localnetwork", "version", "sessiontype", "command" ->
            unknown = Optional.of(criterion);
        default -> throw line.failure("unknown: \"" + criterion + '"');
      }
    }
    if (matched && unknown.isPresent()) {
      throw line.failure(
          "\"%s\" is not supported, and nothing else says whether the block applies to %s"
              .formatted(unknown.get(), name),
          "use Host, or Match with host, originalhost, user and localuser; or set ssh-config ="
              + " false");
    }
    return matched;
  }

  private String hostName() {
    return first("hostname")
        .map(line -> line.words().getFirst().replace("%h", name).replace("%%", "%"))
        .orElse(name);
  }

  private String user() {
    return givenUser
        .or(() -> first("user").map(line -> line.words().getFirst()))
        .orElse(config.localUser());
  }

  // ── Settings ───────────────────────────────────────────────────────────────────────────────

  private void take(SshConfigLine line) throws SshConfigException {
    String keyword = line.keyword();
    if (keyword.equals("identityfile")) {
      identityFiles.add(line);
    } else if (keyword.equals("certificatefile")) {
      certificateFiles.add(line);
    } else if (keyword.equals("proxyjump") || keyword.equals("proxycommand")) {
      // Two ways of saying how to get there: the first of either counts.
      if (!first.containsKey("proxyjump") && !first.containsKey("proxycommand")) {
        first.put(keyword, line);
      }
    } else if (SINGLE.contains(keyword) || REFUSED.containsKey(keyword)) {
      first.putIfAbsent(keyword, line);
    } else if (keyword.equals("ignoreunknown")) {
      ignoredUnknown.addAll(line.words());
    } else if (!IGNORED.contains(keyword)
        && ignoredUnknown.stream()
            .noneMatch(
                patterns -> KnownHosts.matches(patterns.toLowerCase(Locale.ROOT), keyword))) {
      throw line.failure("unknown keyword", "put IgnoreUnknown " + keyword + " above it");
    }
  }
}
