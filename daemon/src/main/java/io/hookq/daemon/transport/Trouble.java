package io.hookq.daemon.transport;

import java.time.Instant;
import java.util.Optional;

/**
 * The last thing that kept a destination from its work, for people to read.
 *
 * @param label whose it is: {@code unreachable}, {@code denied}, {@code server}, {@code refused} or
 *     {@code here}
 * @param words what happened, with the peer's own words where it had any
 * @param hint what the reader could do about it, where we know
 * @param at when
 */
record Trouble(String label, String words, Optional<String> hint, Instant at) {
  /** Of this machine: its store, its queue, a bug of ours. */
  static final String HERE = "here";

  /** Words and hint in one line. */
  String explained() {
    return UploadFailure.explained(words, hint);
  }
}
