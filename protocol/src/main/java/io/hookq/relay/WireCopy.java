package io.hookq.relay;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Reads items of a protocol and writes them down again, one at a time.
 *
 * <p>Whatever was written is flushed before a read has to wait. Strings are passed as bytes, never
 * decoded; paths are checked. Not thread-safe; closes nothing. After an exception both ends stand
 * in the middle of something.
 */
public final class WireCopy {
  private static final int CHUNK = 64 * 1024;
  private static final long MAX_FRAME = 0xffff_ffffL;
  private static final int MAX_HASH = 256;
  private static final int MAX_CONTENT_ADDRESS = 1024;
  private static final int MAX_SIGNATURES = 10_000;
  private static final int MAX_SIGNATURE = 64 * 1024;

  private final WireReader in;
  private final WireWriter out;
  private final PromptInput prompt;

  /** From {@code from} to {@code to}. */
  public WireCopy(InputStream from, OutputStream to) {
    out = new WireWriter(to);
    prompt = new PromptInput(from, out.bytes());
    in = new WireReader(prompt);
  }

  private WireCopy(WireReader in, WireWriter out, PromptInput prompt) {
    this.in = in;
    this.out = out;
    this.prompt = prompt;
  }

  /** For what must be looked at before it is passed on. */
  public WireReader in() {
    return in;
  }

  /** For what is not passed on as it came. */
  public WireWriter out() {
    return out;
  }

  /**
   * The same for what goes on inside a framed stream: items come from {@code inner}, which reads
   * through {@link #in}, and go to {@code framed}, which writes through {@link #out}. This copy is
   * for nobody until {@link #leave}.
   */
  public WireCopy enter(InputStream inner, OutputStream framed) {
    var writer = new WireWriter(framed);
    prompt.pending = writer.bytes();
    return new WireCopy(new WireReader(inner), writer, prompt);
  }

  /** The framed stream is over. */
  public void leave() {
    prompt.pending = out.bytes();
  }

  /** An integer; returned as it is. */
  public long integer() throws IOException {
    var value = in.readLong();
    out.writeLong(value);
    return value;
  }

  /** A size or a count: refused from 2^63 on. */
  public long size() throws IOException {
    var value = in.readSize();
    out.writeLong(value);
    return value;
  }

  /** A truth value, written as 0 or 1. */
  public boolean bool() throws IOException {
    var value = in.readBool();
    out.writeBool(value);
    return value;
  }

  /** A string of at most {@code max} bytes. */
  public void string(int max) throws IOException {
    out.writeBytes(in.readBytes(max));
  }

  /** A list of strings. */
  public void strings(int maxCount, int maxLength) throws IOException {
    for (var left = count(maxCount); left > 0; left--) {
      string(maxLength);
    }
  }

  /** A full store path. */
  public StorePath path(StoreDir dir) throws IOException {
    var path = in.readStorePath(dir);
    out.writeStorePath(dir, path);
    return path;
  }

  /** A full store path, or the empty string. */
  public void optionalPath(StoreDir dir) throws IOException {
    out.writeOptionalStorePath(dir, in.readOptionalStorePath(dir));
  }

  /** A set of full store paths, each shown to {@code first} before it is written. */
  public void paths(StoreDir dir, PathCheck first) throws IOException {
    for (var left = size(); left > 0; left--) {
      var path = in.readStorePath(dir);
      first.check(path);
      out.writeStorePath(dir, path);
    }
  }

  /** Signatures, well-formed or not. */
  public void signatures() throws IOException {
    strings(MAX_SIGNATURES, MAX_SIGNATURE);
  }

  /** The hash of a NAR in any spelling. */
  public void narHash() throws IOException {
    string(MAX_HASH);
  }

  /**
   * All of a path info but the path, for a path that is to be added: built there it was not,
   * whatever the client says.
   *
   * @return the size of the NAR
   */
  public long arrivingInfo(StoreDir dir) throws IOException {
    var narSize = infoUpToSize(dir);
    in.readBool();
    out.writeBool(false);
    signatures();
    string(MAX_CONTENT_ADDRESS);
    return narSize;
  }

  /** All of a path info but the path, as a server knows it. */
  public void knownInfo(StoreDir dir) throws IOException {
    infoUpToSize(dir);
    bool();
    signatures();
    string(MAX_CONTENT_ADDRESS);
  }

  private long infoUpToSize(StoreDir dir) throws IOException {
    optionalPath(dir); // the deriver
    narHash();
    paths(dir, _ -> {});
    size(); // when it was registered
    return size();
  }

  /** The number of elements of a list. */
  public long count(int max) throws IOException {
    var start = in.offset();
    var count = in.readLong();
    if (count < 0 || count > max) {
      throw new WireFormatException(
          start, "a list of at most " + max + " elements", Long.toUnsignedString(count));
    }
    out.writeLong(count);
    return count;
  }

  /** So many bytes, as they are. */
  public void bytes(long length) throws IOException {
    var source = in.limited(length);
    var chunk = new byte[(int) Math.min(length, CHUNK)];
    for (var left = length; left > 0; ) {
      var count = source.read(chunk, 0, (int) Math.min(left, chunk.length));
      out.bytes().write(chunk, 0, count);
      left -= count;
    }
  }

  /** Something about a path that may speak against it. */
  @FunctionalInterface
  public interface PathCheck {
    /** Throws if {@code path} must not go through. */
    void check(StorePath path) throws IOException;
  }

  /** Sends what has been written before it waits for more to come. */
  private static final class PromptInput extends InputStream {
    private final InputStream in;
    private Flushable pending;

    PromptInput(InputStream in, Flushable pending) {
      this.in = in;
      this.pending = pending;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      pending.flush();
      return in.read(bytes, offset, length);
    }
  }

  /** What has been written leaves now. */
  public void flush() throws IOException {
    prompt.pending.flush();
  }

  /** A frame, shown to {@code first} before it is written; false after the last, which is empty. */
  public boolean frame(FrameCheck first) throws IOException {
    var start = in.offset();
    var length = in.readLong();
    if (length < 0 || length > MAX_FRAME) {
      throw new WireFormatException(
          start, "a frame of less than 2^32 bytes", Long.toUnsignedString(length));
    }
    if (length > 0) {
      first.check(length);
    }
    out.writeLong(length);
    bytes(length);
    return length > 0;
  }

  /** Something about a frame that may speak against it. */
  @FunctionalInterface
  public interface FrameCheck {
    /** Throws if a frame of that length must not go through. */
    void check(long length) throws IOException;
  }
}
