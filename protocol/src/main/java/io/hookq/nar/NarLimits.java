package io.hookq.nar;

/** What the newest Nix versions accept in a NAR, as a reader and as a writer. */
final class NarLimits {
  /** Nodes on the way from the root to a leaf, both counted. */
  static final int DEPTH = 64;

  /** Bytes of a directory entry's name. */
  static final int NAME = 255;

  /** Bytes of a symlink's target. */
  static final int TARGET = 4095;

  /** Bytes of a word of the grammar. */
  static final int TAG = 32;

  private NarLimits() {}
}
