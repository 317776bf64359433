package io.hookq.nar;

/** What the file systems of this platform can hold. */
final class Platform {
  /** Linux takes any bytes for a name; macOS wants UTF-8 and may change it. */
  static final boolean TAKES_ANY_NAME = System.getProperty("os.name", "").equals("Linux");

  private Platform() {}
}
