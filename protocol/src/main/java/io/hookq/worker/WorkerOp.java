package io.hookq.worker;

/** The operations of the Nix daemon that hookq asks for, by the number that stands on the wire. */
public enum WorkerOp {
  /** Is this path valid? */
  IS_VALID_PATH(1),
  /** Which valid paths refer to this one? */
  QUERY_REFERRERS(6),
  /** Has one path fetched from a substituter, if it is missing. */
  ENSURE_PATH(10),
  /** Keeps a path, valid or not, from the garbage collector while the connection lives. */
  ADD_TEMP_ROOT(11),
  /** Keeps what a symbolic link outside of the store points to, as long as the link does. */
  ADD_INDIRECT_ROOT(12),
  /** Waits for a running garbage collection; up to Nix 2.4, a no-op from 2.5 on. */
  SYNC_WITH_GC(13),
  /** All valid paths. */
  QUERY_ALL_VALID_PATHS(23),
  /** What is known of one path? */
  QUERY_PATH_INFO(26),
  /** Which of these paths are valid? */
  QUERY_VALID_PATHS(31),
  /** Which of these could be fetched from a substituter? */
  QUERY_SUBSTITUTABLE_PATHS(32),
  /** Adds signatures to those of a valid path; up to Nix 2.16 for trusted users only. */
  ADD_SIGNATURES(37),
  /** The NAR of one path; its failure ends the connection. */
  NAR_FROM_PATH(38),
  /** Takes one store object. */
  ADD_TO_STORE_NAR(39),
  /** The outputs of a derivation by name; since 1.22. */
  QUERY_DERIVATION_OUTPUT_MAP(41),
  /** Takes what an output of a derivation came to; since 1.27. */
  REGISTER_DRV_OUTPUT(42),
  /** What did an output of a derivation come to? Since 1.27. */
  QUERY_REALISATION(43);

  final long code;

  WorkerOp(long code) {
    this.code = code;
  }
}
