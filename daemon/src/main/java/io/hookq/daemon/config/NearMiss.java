package io.hookq.daemon.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody meant who mistyped a word. Stateless. */
public final class NearMiss {
  private NearMiss() {}

  /** What to say of {@code word}, which is none of {@code allowed}. */
  static String advice(String word, Collection<String> allowed) {
    return nearest(word, allowed)
        .map(near -> "did you mean \"" + near + "\"?")
        .orElseGet(() -> "allowed are " + String.join(", ", allowed));
  }

  /** The one of {@code allowed} that is most like {@code word}, if one is like it at all. */
  public static Optional<String> nearest(String word, Collection<String> allowed) {
    var bound = Math.max(1, word.length() / 3);
    return allowed.stream()
        .filter(candidate -> distance(word, candidate) <= bound)
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  /**
   * Insertions, deletions and replacements from one to the other; case and underscores are free.
   */
  private static int distance(String from, String to) {
    var a = from.toLowerCase(Locale.ROOT).replace('_', '-');
    var b = to;
    var row = new int[b.length() + 1];
    for (var j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
