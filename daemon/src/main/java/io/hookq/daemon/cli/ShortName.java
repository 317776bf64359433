package io.hookq.daemon.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The commands that may go the {@link ShortPath}, named as they are typed. */
enum ShortName {
  DAEMON,
  DEMO,
  RECEIVE,
  STATUS,
  LIST,
  WHY,
  PUSH,
  WAIT,
  KICK,
  PAUSE,
  RESUME,
  RETRY,
  DROP,
  CHECK,
  RECONCILE,
  METRICS;

  private final String typed = name().toLowerCase(Locale.ROOT);

  /** The one that {@code word} names; null if none does. */
  static @Nullable ShortName of(String word) {
    for (var name : values()) {
      if (name.typed.equals(word)) {
        return name;
      }
    }
    return null;
  }

  /** Whether it asks the daemon and is done: all but those that serve somebody themselves. */
  boolean asksDaemon() {
    return this != DAEMON && this != DEMO && this != RECEIVE;
  }

  /** Whether it leaves no thread behind. */
  boolean endsByItself() {
    return this != DAEMON && this != DEMO;
  }

  /** Whether it is nothing without an argument that is no option. */
  boolean wantsArgument() {
    return this == WHY || this == CHECK;
  }
}
