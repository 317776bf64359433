package io.hookq.daemon.cli;

import java.util.concurrent.Callable;

/**
 * A command that may go the {@link ShortPath}, for it sets its own fields: reflection makes code
 * for each at run time, which no cache holds, and takes tens of milliseconds for that.
 */
interface ShortCommand extends Callable<Integer> {
  /**
   * Sets {@code field} to what was typed: a {@code String}, {@code Path}, {@code Boolean}, or
   * {@code String[]} for a list.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  void fill(String field, Object value);
}
