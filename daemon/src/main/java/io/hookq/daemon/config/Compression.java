package io.hookq.daemon.config;

/** How the bytes of an SSH session are compressed. */
public enum Compression {
  /** The daemon chooses. */
  AUTO("auto"),
  /** By hookq on the far side too. */
  ZSTD("zstd"),
  /** By SSH itself, as {@code ssh -C}. */
  ZLIB("zlib"),
  /** Not at all. */
  NONE("none");

  private final String label;

  Compression(String label) {
    this.label = label;
  }

  /** As the config spells it. */
  public String label() {
    return label;
  }
}
