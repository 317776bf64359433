package io.hookq.daemon.config;

/**
 * What the config knows and the daemon does not do yet. Refused by name: a filter or a limit that
 * is silently ignored is worse than none.
 */
final class NotYet {
  private NotYet() {}

  static void refuse(DestinationConfig destination) {
    switch (destination.compression()) {
      case AUTO, NONE, ZLIB -> {}
      case ZSTD -> throw notYet(destination, "compression", "\"zstd\"", "\"auto\"");
    }
  }

  private static OptionException notYet(
      DestinationConfig destination, String key, String what, String instead) {
    return new OptionException(
        "destinations." + destination.name() + "." + key,
        what + " is not supported in this version yet; use " + instead);
  }
}
