package io.hookq.daemon.status;

/**
 * What the place that a screen is shown on can do.
 *
 * @param columns how wide it is; nothing is cut where it is no terminal, see {@link #UNBOUNDED}
 * @param colour whether it takes ANSI colours
 * @param unicode whether it shows more than ASCII
 */
public record ScreenStyle(int columns, boolean colour, boolean unicode) {
  /** The width of a pipe or a file. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  /** Below this a screen would show nothing of use; such terminals wrap it. */
  private static final int NARROWEST = 40;

  /** Takes a width too small to be true for the narrowest that is supported. */
  public ScreenStyle {
    columns = Math.max(columns, NARROWEST);
  }

  /** A pipe: no colour, nothing cut. */
  public static ScreenStyle pipe(boolean unicode) {
    return new ScreenStyle(UNBOUNDED, false, unicode);
  }

  /** The same on another width. */
  public ScreenStyle withColumns(int other) {
    return new ScreenStyle(other, colour, unicode);
  }

  /**
   * {@code text}, or as much of it as fits into {@code width} columns, with a sign that it is cut.
   */
  public String fit(String text, int width) {
    if (Columns.of(text) <= width) {
      return text;
    }
    var sign = unicode ? "…" : "...";
    return width <= sign.length()
        ? Columns.first(text, width)
        : Columns.first(text, width - sign.length()) + sign;
  }

  /** {@code text} with the dots and bars of the screen, as ASCII where it must be. */
  public String spell(String text) {
    return unicode
        ? text
        : text.replace('·', '-').replace('█', '#').replace('░', '.').replace("…", "...");
  }

  /** {@code text} in {@code colour}, where there are colours. */
  public String paint(Colour colour, String text) {
    return this.colour && !text.isEmpty() ? colour.escape + text + "\u001b[0m" : text;
  }

  /** The few colours in use; every terminal has them. */
  public enum Colour {
    BOLD("\u001b[1m"),
    DIM("\u001b[2m"),
    RED("\u001b[31m"),
    GREEN("\u001b[32m"),
    YELLOW("\u001b[33m"),
    CYAN("\u001b[36m");

    private final String escape;

    Colour(String escape) {
      this.escape = escape;
    }
  }
}
