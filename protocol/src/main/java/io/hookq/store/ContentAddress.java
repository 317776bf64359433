package io.hookq.store;

/**
 * Why a path may be trusted without a signature: what its content hashes to, and how.
 *
 * <p>The text travels untouched; the receiving store checks it against path and content.
 *
 * @param text {@code text:sha256:…}, {@code fixed:…}, {@code fixed:r:…} or {@code fixed:git:…}
 */
public record ContentAddress(String text) {
  /**
   * Checks the method.
   *
   * @throws IllegalArgumentException if the text begins with neither {@code text:} nor {@code
   *     fixed:}
   */
  public ContentAddress {
    if (!text.startsWith("text:") && !text.startsWith("fixed:")) {
      throw new IllegalArgumentException("not a content address: '" + text + "'");
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
