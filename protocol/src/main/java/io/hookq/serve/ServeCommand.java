package io.hookq.serve;

import java.util.Optional;

/** What a client of the serve protocol may ask for, by the number that stands on the wire. */
public enum ServeCommand {
  /** Which of these paths are valid? */
  QUERY_VALID_PATHS(1),
  /** What is known of these paths? */
  QUERY_PATH_INFOS(2),
  /** The NAR of one path. */
  DUMP_STORE_PATH(3),
  /** Takes in an export stream. */
  IMPORT_PATHS(4),
  /** Gives an export stream; gone since Nix 2.32. */
  EXPORT_PATHS(5),
  /** Builds what is in the store. */
  BUILD_PATHS(6),
  /** All that these paths refer to, transitively. */
  QUERY_CLOSURE(7),
  /** Builds a derivation that need not be in the store. */
  BUILD_DERIVATION(8),
  /** Takes in one store object with its path info; since 2.5. */
  ADD_TO_STORE_NAR(9);

  final long code;

  ServeCommand(long code) {
    this.code = code;
  }

  /** The command with this number, empty for a number that no known version has. */
  static Optional<ServeCommand> of(long code) {
    var all = values();
    return code >= 1 && code <= all.length ? Optional.of(all[(int) code - 1]) : Optional.empty();
  }
}
