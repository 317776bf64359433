package io.hookq.store;

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
