package io.hookq.daemon.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import jdk.net.UnixDomainPrincipal;

/**
 * The users that Nix builds as: a build must not be able to queue anything, whatever groups it is
 * in.
 *
 * <p>Known by {@code /etc/group}, by their primary group, which is all that a macOS without that
 * file tells, and by the range of user ids that {@code auto-allocate-uids} takes them from. Never
 * the daemon's own user: a daemon that runs inside a build, as the demo does when hookq itself is
 * built, may speak to itself.
 *
 * @param group the build users' group
 * @param members its members by name
 * @param ourselves the daemon's user, who is none; empty where that is not known
 */
record BuildUsers(String group, Set<String> members, String ourselves) {
  private static final String GROUP = "nixbld";

  /** Nix's {@code start-id} and {@code id-count} on Linux. */
  private static final long FIRST_AUTOMATIC_ID = 0x3400_0000;

  private static final long AUTOMATIC_IDS = 0x80_0000;

  /** With nobody who is none in spite of them. */
  BuildUsers(String group, Set<String> members) {
    this(group, members, "");
  }

  /** As {@code groups}, usually {@code /etc/group}, has them now; nobody where it has none. */
  static BuildUsers in(Path groups) throws IOException {
    var members = new HashSet<String>();
    if (Files.exists(groups)) {
      for (var line : Files.readString(groups, StandardCharsets.ISO_8859_1).split("\n", -1)) {
        var fields = line.split(":", -1);
        if (fields.length >= 4 && fields[0].equals(GROUP)) {
          members.addAll(Arrays.asList(fields[3].strip().split(",", -1)));
        }
      }
    }
    members.remove("");
    return new BuildUsers(GROUP, Set.copyOf(members), System.getProperty("user.name"));
  }

  boolean include(UnixDomainPrincipal peer) {
    var user = peer.user().getName();
    return !user.equals(ourselves)
        && (members.contains(user) || peer.group().getName().equals(group) || isAutomatic(user));
  }

  /** A user without a name is called by the number. */
  private static boolean isAutomatic(String user) {
    if (user.isEmpty() || user.length() > 10 || !user.chars().allMatch(Character::isDigit)) {
      return false;
    }
    var id = Long.parseLong(user);
    return id >= FIRST_AUTOMATIC_ID && id < FIRST_AUTOMATIC_ID + AUTOMATIC_IDS;
  }
}
