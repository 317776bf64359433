package io.hookq.serve;

import java.util.Optional;

/** What a client of the serve protocol may ask for, by the number that stands on the wire. */
public enum ServeCommand {
  /** Which of these paths are valid? */
  QUERY_VALID_PATHS(1, "QueryValidPaths"),
  /** What is known of these paths? */
  QUERY_PATH_INFOS(2, "QueryPathInfos"),
  /** The NAR of one path. */
  DUMP_STORE_PATH(3, "DumpStorePath"),
  /** Takes in an export stream. */
  IMPORT_PATHS(4, "ImportPaths"),
  /** Gives an export stream; gone since Nix 2.32. */
  EXPORT_PATHS(5, "ExportPaths"),
  /** Builds what is in the store. */
  BUILD_PATHS(6, "BuildPaths"),
  /** All that these paths refer to, transitively. */
  QUERY_CLOSURE(7, "QueryClosure"),
  /** Builds a derivation that need not be in the store. */
  BUILD_DERIVATION(8, "BuildDerivation"),
  /** Takes in one store object with its path info; since 2.5. */
  ADD_TO_STORE_NAR(9, "AddToStoreNar");

  final long code;
  private final String label;

  ServeCommand(long code, String label) {
    this.code = code;
    this.label = label;
  }

  /** As Nix calls it. */
  String label() {
    return label;
  }

  /** The command with this number, empty for a number that no known version has. */
  static Optional<ServeCommand> of(long code) {
    var all = values();
    return code >= 1 && code <= all.length ? Optional.of(all[(int) code - 1]) : Optional.empty();
  }
}
