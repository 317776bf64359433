package io.hookq.daemon.planner;

import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Which wanted paths a destination is to do without. Says nothing of what wanted paths refer to:
 * that is sent in any case. Immutable.
 *
 * @param include regexes over the name part, one of which must be found in it; empty: every name
 * @param exclude regexes over the name part, none of which may be found in it
 * @param maxNarSize in bytes; empty: any size
 * @param skipFixedOutput whether content-addressed paths are left out
 */
public record Filter(
    List<Pattern> include,
    List<Pattern> exclude,
    OptionalLong maxNarSize,
    boolean skipFixedOutput) {
  /** Leaves nothing out. */
  public static final Filter NONE = new Filter(List.of(), List.of(), OptionalLong.empty(), false);

  /** Copies the lists. */
  public Filter {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /** The rule that leaves {@code path} out by its name, as the user wrote it. */
  Optional<String> ruleAgainst(StorePath path) {
    var name = path.name();
    if (!include.isEmpty() && include.stream().noneMatch(regex -> regex.matcher(name).find())) {
      return Optional.of("no regex of filter.include is found in its name");
    }
    return exclude.stream()
        .filter(regex -> regex.matcher(name).find())
        .findFirst()
        .map(regex -> "filter.exclude: \"" + regex.pattern() + "\" is found in its name");
  }

  /** Whether some rule leaves out what {@code info} is of. */
  public boolean leavesOut(PathInfo info) {
    return ruleAgainst(info.path()).isPresent() || ruleAgainst(info).isPresent();
  }

  /** Whether more than the name decides. */
  boolean asksForInfos() {
    return maxNarSize.isPresent() || skipFixedOutput;
  }

  /** The rule that leaves a path out by what is known of it. */
  Optional<String> ruleAgainst(PathInfo info) {
    if (maxNarSize.isPresent() && info.narSize() > maxNarSize.getAsLong()) {
      return Optional.of(
          "filter.max-nar-size: it has %d bytes, allowed are %d"
              .formatted(info.narSize(), maxNarSize.getAsLong()));
    }
    if (skipFixedOutput && info.contentAddress().isPresent()) {
      return Optional.of("filter.skip-fixed-output: it is content-addressed");
    }
    return Optional.empty();
  }
}
