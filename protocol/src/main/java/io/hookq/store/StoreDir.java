package io.hookq.store;

/**
 * The logical directory of a store, part of every path in it and of every hash: {@code /nix/store}
 * nearly everywhere.
 *
 * @param path absolute, without a slash at the end
 */
public record StoreDir(String path) {
  /** {@code /nix/store}. */
  public static final StoreDir DEFAULT = new StoreDir("/nix/store");

  /**
   * Checks that the directory is absolute and plain.
   *
   * @throws IllegalArgumentException if it is not
   */
  public StoreDir {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("a store directory is absolute: '" + path + "'");
    }
    for (var component : path.substring(1).split("/", -1)) {
      // Paths are compared as text, so there must be one spelling only.
      if (component.isEmpty() || component.equals(".") || component.equals("..")) {
        throw new IllegalArgumentException(
            "a store directory has no slash too many and no dots: '" + path + "'");
      }
    }
  }

  /**
   * Reads a full store path: exactly one component below this directory.
   *
   * @throws InvalidStorePathException if it is not one
   */
  public StorePath parse(String full) {
    var prefix = path.length() + 1;
    if (full.length() <= prefix || !full.startsWith(path) || full.charAt(path.length()) != '/') {
      throw new InvalidStorePathException(full, "not below " + path);
    }
    var base = full.substring(prefix);
    if (base.indexOf('/') >= 0) {
      throw new InvalidStorePathException(full, "a file inside a store path");
    }
    return new StorePath(base);
  }

  /** The full path, as protocols and people write it. */
  public String print(StorePath storePath) {
    return path + "/" + storePath.baseName();
  }
}
