package io.hookq.daemon.config;

import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Which paths are left out; one that a wanted path refers to is sent nevertheless.
 *
 * @param include regexes over the name part, one of which must be found; empty: everything
 * @param exclude regexes over the name part, none of which may be found
 * @param maxNarSize in bytes; empty: unlimited
 * @param skipFixedOutput whether content-addressed paths are left out
 */
public record FilterConfig(
    List<Pattern> include,
    List<Pattern> exclude,
    OptionalLong maxNarSize,
    boolean skipFixedOutput) {
  /** Leaves nothing out. */
  public static final FilterConfig NONE =
      new FilterConfig(List.of(), List.of(), OptionalLong.empty(), false);

  /** Copies the lists. */
  public FilterConfig {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }
}
