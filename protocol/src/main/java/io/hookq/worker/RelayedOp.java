package io.hookq.worker;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The operations that {@link WorkerRelay} lets through: those of which copying to a store is made.
 */
enum RelayedOp {
  IS_VALID_PATH(1),
  ADD_TEMP_ROOT(11),
  SET_OPTIONS(19),
  QUERY_PATH_INFO(26),
  QUERY_VALID_PATHS(31),
  ADD_SIGNATURES(37),
  ADD_TO_STORE_NAR(39),
  REGISTER_DRV_OUTPUT(42),
  QUERY_REALISATION(43),
  ADD_MULTIPLE_TO_STORE(44);

  /** What else a client may know, by the name that Nix gives it, for the refusal. */
  private static final Map<Long, String> OTHERS =
      Map.ofEntries(
          Map.entry(6L, "QueryReferrers"),
          Map.entry(7L, "AddToStore"),
          Map.entry(8L, "AddTextToStore"),
          Map.entry(9L, "BuildPaths"),
          Map.entry(10L, "EnsurePath"),
          Map.entry(12L, "AddIndirectRoot"),
          Map.entry(13L, "SyncWithGC"),
          Map.entry(14L, "FindRoots"),
          Map.entry(20L, "CollectGarbage"),
          Map.entry(23L, "QueryAllValidPaths"),
          Map.entry(29L, "QueryPathFromHashPart"),
          Map.entry(32L, "QuerySubstitutablePaths"),
          Map.entry(33L, "QueryValidDerivers"),
          Map.entry(34L, "OptimiseStore"),
          Map.entry(35L, "VerifyStore"),
          Map.entry(36L, "BuildDerivation"),
          Map.entry(38L, "NarFromPath"),
          Map.entry(40L, "QueryMissing"),
          Map.entry(41L, "QueryDerivationOutputMap"),
          Map.entry(45L, "AddBuildLog"),
          Map.entry(46L, "BuildPathsWithResults"),
          Map.entry(47L, "AddPermRoot"));

  private static final Map<Long, RelayedOp> BY_CODE =
      Stream.of(values()).collect(Collectors.toMap(op -> op.code, Function.identity()));

  final long code;

  RelayedOp(long code) {
    this.code = code;
  }

  static Optional<RelayedOp> of(long code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** What the operation with this number is called, for people. */
  static String label(long code) {
    var name = OTHERS.get(code);
    var number = Long.toUnsignedString(code);
    return name == null ? number : name + " (" + number + ")";
  }
}
