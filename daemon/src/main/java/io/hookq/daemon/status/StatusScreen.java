package io.hookq.daemon.status;

import io.hookq.daemon.status.ScreenStyle.Colour;
import io.hookq.daemon.transport.CurrentUpload;
import io.hookq.daemon.transport.DestinationSnapshot;
import io.hookq.store.StorePath;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A report as one screen for people. Immutable.
 *
 * <pre>
 * hookq 0.1.0 · up 3d 4h · hook last fired 12s ago · 3 queued, 1 uploading, 0 failed
 *
 *   server  ssh://nix-ssh@server   uploading  18.2 MiB/s
 *     ███████████░░░░░░░░░  54%  412.1 / 763.0 MiB   ETA 19s
 *     ghostty-1.3.1                    211.0 / 380.4 MiB
 *     queued 3 · done 1,204 (38.1 GiB) · failed 0
 * </pre>
 */
public final class StatusScreen {
  private static final String MARGIN = "  ";
  private static final String INDENT = "    ";
  private static final String GAP = "  ";
  private static final String WIDE_GAP = "   ";

  /** What is left of an address is worth something as long as it has so many characters. */
  private static final int SHORTEST_URI = 12;

  /** Addresses up to this long are padded to the longest of them. */
  private static final int LONGEST_COMMON_URI = 48;

  /** {@code next try in 59m 59s}. */
  private static final int LONGEST_DOING = 19;

  private static final int SHORTEST_BAR = 20;
  private static final int LONGEST_BAR = 40;
  private static final int NAME_WIDTH = 32;
  private static final int STATE_WIDTH = 10;

  /** Of an error: a peer may have said very much. */
  private static final int MOST_LINES = 5;

  private final ScreenStyle style;

  /** Draws for a place of that style. */
  public StatusScreen(ScreenStyle style) {
    this.style = style;
  }

  /** The screen at {@code now}, every line ended. */
  public String render(StatusReport report, Instant now) {
    var lines = new ArrayList<Line>();
    head(report, now, lines);
    var names = report.destinations().stream().map(DestinationSnapshot::name);
    var uris = report.destinations().stream().map(DestinationSnapshot::uri);
    var nameWidth =
        longest(names, isBounded() ? Math.max(style.columns() / 4, SHORTEST_URI) : NAME_WIDTH);
    var uriWidth = longest(uris, LONGEST_COMMON_URI);
    for (var destination : report.destinations()) {
      lines.add(Line.EMPTY);
      destination(destination, nameWidth, uriWidth, now, lines);
    }
    var screen = new StringBuilder();
    lines.forEach(line -> screen.append(line.print(style)).append('\n'));
    return screen.toString();
  }

  private boolean isBounded() {
    return style.columns() != ScreenStyle.UNBOUNDED;
  }

  /** Of those that are not longer than {@code most}: what is too long for a column stands alone. */
  private static int longest(Stream<String> texts, int most) {
    return texts.mapToInt(String::length).filter(length -> length <= most).max().orElse(0);
  }

  // ── The head ───────────────────────────────────────────────────────────────────────────────

  private void head(StatusReport report, Instant now, List<Line> lines) {
    var queue = report.queue();
    var parts = new ArrayList<Line>();
    parts.add(new Line().add(Colour.BOLD, "hookq " + report.version()));
    parts.add(new Line().add("up " + Figures.duration(Duration.between(report.startedAt(), now))));
    parts.add(
        new Line()
            .add(
                report
                    .lastHookAt()
                    .map(at -> "hook last fired " + ago(at, now))
                    .orElse("hook never fired")));
    var counts =
        new Line()
            .add(Figures.count(queue.queued()) + " queued, ")
            .add(Figures.count(queue.uploading()) + " uploading");
    var more =
        new Line()
            .add(queue.failed() > 0 ? Colour.RED : null, Figures.count(queue.failed()) + " failed");
    if (queue.spooled() > 0) {
      more.add(", ").add(Colour.YELLOW, Figures.count(queue.spooled()) + " spooled");
    }
    if (MARGIN.length() + counts.width() + 2 + more.width() <= style.columns()) {
      parts.add(counts.add(", ").add(more));
    } else {
      parts.add(counts);
      parts.add(more);
    }
    lines.addAll(wrap(parts, MARGIN));
  }

  /** As many parts to a line as fit, dots between them; further lines begin with {@code indent}. */
  private List<Line> wrap(List<Line> parts, String indent) {
    var lines = new ArrayList<Line>();
    var line = parts.getFirst();
    for (var part : parts.subList(1, parts.size())) {
      if (line.width() + 3 + part.width() <= style.columns()) {
        line.add(" · ").add(part);
      } else {
        lines.add(line);
        line = new Line().add(indent).add(part);
      }
    }
    lines.add(line);
    return lines;
  }

  // ── A destination ──────────────────────────────────────────────────────────────────────────

  private void destination(
      DestinationSnapshot destination, int nameWidth, int uriWidth, Instant now, List<Line> lines) {
    lines.addAll(title(destination, nameWidth, uriWidth, now));
    if (destination.bytesPlanned() > 0) {
      lines.add(progress(destination));
    }
    for (var upload : destination.current()) {
      lines.add(current(upload));
    }
    destination.lastErrorWords().ifPresent(words -> lines.addAll(error(destination, words, now)));
    destination.notice().ifPresent(notice -> lines.addAll(notice(notice)));
    lines.addAll(wrap(totals(destination), INDENT));
  }

  private List<Line> title(
      DestinationSnapshot destination, int nameWidth, int uriWidth, Instant now) {
    var name = padded(destination.name(), nameWidth);
    var before = MARGIN.length() + name.length() + GAP.length();
    var after = WIDE_GAP.length() + STATE_WIDTH + GAP.length();
    var state = destination.state();
    var doing = doing(destination, now);
    var standing = new Line().add(colourOf(state), state);
    if (!doing.isEmpty()) {
      standing.add(" ".repeat(Math.max(0, STATE_WIDTH - state.length()) + 1)).add(doing);
    }
    var line = new Line().add(MARGIN);
    // By what it may say, not by what it says now, or the screen would jump.
    if (isBounded() && before + SHORTEST_URI + after + LONGEST_DOING > style.columns()) {
      var room = style.columns() - before;
      line.add(Colour.BOLD, style.fit(name, style.columns() - MARGIN.length()));
      if (room >= SHORTEST_URI) {
        line.add(GAP).add(style.fit(destination.uri(), room));
      }
      return List.of(line, new Line().add(INDENT).add(standing));
    }
    // The name is how the user calls it; of the address what there is room for.
    var room = style.columns() - before - after - doing.length();
    var shown =
        isBounded()
            ? Math.min(Math.max(uriWidth, destination.uri().length()), Math.max(room, SHORTEST_URI))
            : uriWidth;
    var column = Math.min(uriWidth, shown);
    var uri = isBounded() ? style.fit(destination.uri(), shown) : destination.uri();
    return List.of(
        line.add(Colour.BOLD, name).add(GAP).add(padded(uri, column)).add(WIDE_GAP).add(standing));
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  /** What belongs beside the state: a rate, or the time until the next try. */
  private static String doing(DestinationSnapshot destination, Instant now) {
    if (destination.bytesPerSecond() > 0 && destination.state().equals("uploading")) {
      return Figures.rate(destination.bytesPerSecond());
    }
    return destination
        .retryAt()
        .filter(_ -> destination.state().equals("waiting"))
        .map(at -> at.isAfter(now) ? "next try in " + between(now, at) : "next try now")
        .orElse("");
  }

  private static @Nullable Colour colourOf(String state) {
    return switch (state) {
      case "uploading" -> Colour.GREEN;
      case "connecting" -> Colour.CYAN;
      case "waiting", "paused" -> Colour.YELLOW;
      default -> null;
    };
  }

  private Line progress(DestinationSnapshot destination) {
    var planned = destination.bytesPlanned();
    var sent = Math.min(destination.bytesSent(), planned);
    // Rounded down, so that 100% means all of it.
    var percent = (int) Math.floor(sent * 100.0 / planned);
    var eta =
        destination.etaSeconds().isPresent()
            ? "   ETA " + Figures.duration(Duration.ofSeconds(destination.etaSeconds().getAsLong()))
            : "";
    var figures = "%2d%%  %s".formatted(percent, Figures.bytesOf(sent, planned)) + eta;
    var length = barLength(INDENT.length() + GAP.length() + figures.length());
    if (length == 0) {
      return new Line().add(INDENT).add(figures);
    }
    // Full only when all of it is sent.
    var full =
        sent == planned
            ? length
            : (int) Math.min(length - 1, Math.round(sent * (double) length / planned));
    return new Line()
        .add(INDENT)
        .add(Colour.GREEN, "█".repeat(full))
        .add(Colour.DIM, "░".repeat(length - full))
        .add(GAP)
        .add(figures);
  }

  /** What there is beside {@code others}; 0 where that is too little to tell anything. */
  private int barLength(int others) {
    if (!isBounded()) {
      return SHORTEST_BAR;
    }
    var room = style.columns() - others;
    return room < SHORTEST_BAR / 2
        ? 0
        : Math.min(room, Math.clamp(style.columns() / 4, SHORTEST_BAR / 2, LONGEST_BAR));
  }

  private Line current(CurrentUpload upload) {
    var figures = Figures.bytesOf(upload.bytesSent(), upload.narSize());
    var room = style.columns() - INDENT.length() - 1 - figures.length();
    var width =
        style.columns() == ScreenStyle.UNBOUNDED
            ? NAME_WIDTH
            : Math.clamp(style.columns() * 2L / 5, 8, Math.max(8, room));
    var name = nameOf(upload.path());
    if (style.columns() != ScreenStyle.UNBOUNDED) {
      name = style.fit(name, width);
    }
    return new Line()
        .add(INDENT + name + " ".repeat(Math.max(0, width - name.length()) + 1) + figures);
  }

  private static String nameOf(String path) {
    var base = path.substring(path.lastIndexOf('/') + 1);
    var start = StorePath.HASH_PART_LENGTH + 1;
    return base.length() > start ? base.substring(start) : base;
  }

  /** Its class, its words, its age; below them what helps. */
  private List<Line> error(DestinationSnapshot destination, String words, Instant now) {
    var kind = destination.lastErrorClass().map(name -> plain(name) + ": ").orElse("");
    var when = destination.lastErrorAt().map(at -> " (" + ago(at, now) + ")").orElse("");
    var current = destination.state().equals("waiting") || destination.state().equals("paused");
    var lines = new ArrayList<Line>();
    for (var text : fold(kind + PlainLine.of(words) + when)) {
      lines.add(new Line().add(INDENT).add(current ? Colour.RED : Colour.DIM, text));
    }
    destination
        .hint()
        .ifPresent(hint ->
            fold("hint: " + PlainLine.of(hint))
                .forEach(text ->
                    lines.add(new Line().add(INDENT).add(current ? null : Colour.DIM, text))));
    return lines;
  }

  /** The class of an error as one says it; what a newer daemon may say is left as it is. */
  private static String plain(String kind) {
    return switch (kind) {
      case "unreachable" -> "not reachable";
      case "denied" -> "denied";
      case "server" -> "trouble on the server";
      case "refused" -> "paths refused";
      case "here" -> "trouble on this machine";
      default -> kind;
    };
  }

  /** Broken between words, indented; what is longer than a few lines loses its middle. */
  private List<String> fold(String text) {
    if (!isBounded()) {
      return List.of(text);
    }
    var width = style.columns() - INDENT.length();
    var lines = new ArrayList<String>();
    var rest = text;
    while (Columns.of(rest) > width) {
      var room = Columns.first(rest, width).length();
      var blank = rest.lastIndexOf(' ', room);
      // A word that would leave half of the line empty is broken itself.
      var end = blank > room / 2 ? blank : room;
      lines.add(rest.substring(0, end));
      rest = MARGIN + rest.substring(end).strip();
    }
    lines.add(rest);
    if (lines.size() <= MOST_LINES) {
      return lines;
    }
    var shown = new ArrayList<>(lines.subList(0, MOST_LINES - 2));
    shown.add(style.fit(lines.get(MOST_LINES - 2) + " ".repeat(width), width));
    shown.add(lines.getLast());
    return shown;
  }

  private List<Line> notice(String notice) {
    return fold(PlainLine.of(notice)).stream()
        .map(text -> new Line().add(INDENT).add(Colour.YELLOW, text))
        .toList();
  }

  private List<Line> totals(DestinationSnapshot destination) {
    var parts = new ArrayList<Line>();
    parts.add(new Line().add(INDENT + "queued " + Figures.count(destination.queued())));
    var sent =
        destination.narBytesSentTotal() > 0
            ? " (" + Figures.bytes(destination.narBytesSentTotal()) + ")"
            : "";
    parts.add(new Line().add("done " + Figures.count(destination.done()) + sent));
    parts.add(
        new Line()
            .add(
                destination.failed() > 0 ? Colour.RED : null,
                "failed " + Figures.count(destination.failed())));
    if (destination.gone() > 0) {
      parts.add(new Line().add("gone " + Figures.count(destination.gone())));
    }
    return parts;
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────

  private static String ago(Instant then, Instant now) {
    return Figures.age(Duration.between(then, now)) + " ago";
  }

  private static String between(Instant now, Instant then) {
    // Rounded up: "in 0s" would be wrong until the very end.
    return Figures.duration(Duration.between(now, then).plusMillis(999));
  }

  // ── Lines ──────────────────────────────────────────────────────────────────────────────────

  /** Pieces of text with their colours; its width counts the text only. Grows, for one thread. */
  private static final class Line {
    static final Line EMPTY = new Line();

    private record Piece(Optional<Colour> colour, String text) {}

    private final List<Piece> pieces = new ArrayList<>();

    Line add(String text) {
      pieces.add(new Piece(Optional.empty(), text));
      return this;
    }

    Line add(@Nullable Colour colour, String text) {
      pieces.add(new Piece(Optional.ofNullable(colour), text));
      return this;
    }

    Line add(Line other) {
      pieces.addAll(other.pieces);
      return this;
    }

    int width() {
      return pieces.stream().mapToInt(piece -> Columns.of(piece.text())).sum();
    }

    String print(ScreenStyle style) {
      var line = new StringBuilder();
      for (var piece : pieces) {
        var text = style.spell(piece.text());
        line.append(piece.colour().map(colour -> style.paint(colour, text)).orElse(text));
      }
      return line.toString().stripTrailing();
    }
  }
}
