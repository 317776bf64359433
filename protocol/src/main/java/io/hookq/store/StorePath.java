package io.hookq.store;

import java.util.Comparator;

/**
 * A store path without its store directory: {@code <hash part>-<name>}, as checked by Nix 2.35 and
 * stricter than older versions, which let some malformed names through.
 *
 * <p>Ordered by base name; base names are ASCII, so the order of the characters is the order of the
 * bytes.
 *
 * @param baseName the hash part, a dash, the name
 */
public record StorePath(String baseName) implements Comparable<StorePath> {
  /** Characters of the hash part: 160 bits in Nix32. */
  public static final int HASH_PART_LENGTH = 32;

  /** By name, which brings together what is alike; where that is the same, by hash part. */
  public static final Comparator<StorePath> BY_NAME = StorePath::compareNames;

  /** The longest name that Nix accepts. */
  public static final int MAX_NAME_LENGTH = 211;

  /**
   * Checks the grammar.
   *
   * @throws InvalidStorePathException if {@code baseName} does not follow it
   */
  public StorePath {
    if (baseName.length() < HASH_PART_LENGTH + 2) {
      throw new InvalidStorePathException(baseName, "too short");
    }
    for (var i = 0; i < HASH_PART_LENGTH; i++) {
      if (!Nix32.isDigit(baseName.charAt(i))) {
        throw new InvalidStorePathException(baseName, "illegal character in the hash part");
      }
    }
    if (baseName.charAt(HASH_PART_LENGTH) != '-') {
      throw new InvalidStorePathException(baseName, "no dash after the hash part");
    }
    checkName(baseName);
  }

  private static int compareNames(StorePath one, StorePath other) {
    var length = Math.min(one.baseName.length(), other.baseName.length());
    for (var i = HASH_PART_LENGTH + 1; i < length; i++) {
      var difference = one.baseName.charAt(i) - other.baseName.charAt(i);
      if (difference != 0) {
        return difference;
      }
    }
    var difference = one.baseName.length() - other.baseName.length();
    return difference != 0 ? difference : one.compareTo(other);
  }

  private static void checkName(String baseName) {
    var start = HASH_PART_LENGTH + 1;
    var length = baseName.length() - start;
    if (length > MAX_NAME_LENGTH) {
      throw new InvalidStorePathException(
          baseName, "name longer than " + MAX_NAME_LENGTH + " characters");
    }
    for (var i = start; i < baseName.length(); i++) {
      if (!isNameCharacter(baseName.charAt(i))) {
        throw new InvalidStorePathException(baseName, "illegal character in the name");
      }
    }
    var name = baseName.substring(start);
    if (name.equals(".") || name.equals("..") || name.startsWith(".-") || name.startsWith("..-")) {
      throw new InvalidStorePathException(baseName, "the name is a dot or begins like one");
    }
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "+-._?=".indexOf(c) >= 0;
  }

  /** The 32 Nix32 characters that make the path unique. */
  public String hashPart() {
    return baseName.substring(0, HASH_PART_LENGTH);
  }

  /** What a person calls it, such as {@code hello-2.12}. */
  public String name() {
    return baseName.substring(HASH_PART_LENGTH + 1);
  }

  /** Whether this is a {@code .drv} file. */
  public boolean isDerivation() {
    return baseName.endsWith(".drv");
  }

  @Override
  public int compareTo(StorePath other) {
    return baseName.compareTo(other.baseName);
  }

  @Override
  public String toString() {
    return baseName;
  }
}
