package io.hookq.nar;

import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads NARs, as strictly as the newest Nix does.
 *
 * <p>All methods stream, and throw {@link WireFormatException} with the offset in the stream where
 * the grammar or a limit is broken, {@link EOFException} where the NAR ends too early. Stateless;
 * closes nothing. Contents that a visitor leaves unread are skipped.
 */
public final class NarReader {
  private static final String END = ")";

  private final WireReader in;
  private final NarVisitor visitor;

  private NarReader(WireReader in, NarVisitor visitor) {
    this.in = in;
    this.visitor = visitor;
  }

  /** Reads one NAR from a connection, and not a byte more. */
  public static void read(WireReader in, NarVisitor visitor) throws IOException {
    var reader = new NarReader(in, visitor);
    reader.expect("nix-archive-1");
    reader.readNode(1);
  }

  /** Reads a stream that holds one NAR and nothing behind it. */
  public static void read(InputStream in, NarVisitor visitor) throws IOException {
    var wire = new WireReader(in);
    read(wire, visitor);
    if (!wire.atEnd()) {
      throw new WireFormatException(wire.offset(), "the end of the NAR", "more bytes");
    }
  }

  /**
   * Passes one NAR on from a connection, and not a byte more; neither flushes nor closes {@code
   * out}.
   */
  public static void copy(WireReader in, OutputStream out) throws IOException {
    // Since a tree has exactly one NAR, writing what was read gives the same bytes.
    read(in, new NarWriter(out));
  }

  /**
   * Passes on a stream that holds one NAR and nothing behind it; neither flushes nor closes {@code
   * out}.
   */
  public static void copy(InputStream in, OutputStream out) throws IOException {
    read(in, new NarWriter(out));
  }

  private void readNode(int depth) throws IOException {
    var start = in.offset();
    expect("(");
    if (depth > NarLimits.DEPTH) {
      throw new WireFormatException(
          start, "at most " + NarLimits.DEPTH + " levels", "one level more");
    }
    expect("type");
    var typeStart = in.offset();
    var type = in.readString(NarLimits.TAG);
    switch (type) {
      case "regular" -> readRegular();
      case "symlink" -> readSymlink();
      case "directory" -> readDirectory(depth);
      default ->
          throw new WireFormatException(
              typeStart, "'regular', 'symlink' or 'directory'", quoted(type));
    }
  }

  private void readRegular() throws IOException {
    var start = in.offset();
    var tag = in.readString(NarLimits.TAG);
    var executable = tag.equals("executable");
    if (executable) {
      in.readBytes(0);
      start = in.offset();
      tag = in.readString(NarLimits.TAG);
    }
    if (!tag.equals("contents")) {
      throw new WireFormatException(
          start, executable ? "'contents'" : "'executable' or 'contents'", quoted(tag));
    }
    var size = in.readSize();
    var contents = in.limited(size);
    visitor.regular(executable, size, contents);
    contents.skip(Long.MAX_VALUE);
    in.skipPadding(size);
    expect(END);
  }

  private void readSymlink() throws IOException {
    expect("target");
    var start = in.offset();
    var target = in.readBytes(NarLimits.TARGET);
    if (target.length == 0 || contains(target, '\0')) {
      throw new WireFormatException(
          start,
          "a symlink target without NUL",
          quoted(new String(target, StandardCharsets.UTF_8)));
    }
    visitor.symlink(target);
    expect(END);
  }

  private void readDirectory(int depth) throws IOException {
    visitor.directory();
    byte @Nullable [] previous = null;
    while (nextEntry()) {
      expect("(");
      expect("name");
      var start = in.offset();
      var name = in.readBytes(NarLimits.NAME);
      if (!isName(name)) {
        throw new WireFormatException(start, "a file name", quoted(text(name)));
      }
      if (previous != null && Arrays.compareUnsigned(previous, name) >= 0) {
        throw new WireFormatException(
            start, "a name that sorts after " + quoted(text(previous)), quoted(text(name)));
      }
      previous = name;
      // A visitor may keep or change its array; ours has to stay what it is.
      visitor.entry(name.clone());
      expect("node");
      readNode(depth + 1);
      expect(END);
    }
    visitor.endDirectory();
  }

  /** Reads {@code entry}, or the end of the directory. */
  private boolean nextEntry() throws IOException {
    var start = in.offset();
    var tag = in.readString(NarLimits.TAG);
    return switch (tag) {
      case "entry" -> true;
      case END -> false;
      default -> throw new WireFormatException(start, "'entry' or ')'", quoted(tag));
    };
  }

  private void expect(String tag) throws IOException {
    var start = in.offset();
    var found = in.readString(NarLimits.TAG);
    if (!found.equals(tag)) {
      throw new WireFormatException(start, quoted(tag), quoted(found));
    }
  }

  private static boolean isName(byte[] name) {
    return name.length > 0
        && !(name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.')))
        && !contains(name, '/')
        && !contains(name, '\0');
  }

  private static boolean contains(byte[] bytes, char wanted) {
    for (var b : bytes) {
      if (b == wanted) {
        return true;
      }
    }
    return false;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String quoted(String text) {
    return "'" + text + "'";
  }
}
