package io.hookq.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A TCP line on loopback between a client and a real server, which has every fault that a network
 * has, when a test says so: slow, far away, silent, broken, gone.
 *
 * <pre>
 * pass ──▶ delay, rate              slower, in both directions
 *      ──▶ freeze, freezeAnswers    connections stay open, nothing passes; later it may go on
 *      ──▶ blackHole                new connections are taken, and all that is sent is swallowed
 *      ──▶ refuse                   nobody listens; what is connected stays so
 *      ──▶ resetNew                 new connections are taken and reset
 *      ──▶ flap                     goes and comes back, again and again
 * </pre>
 *
 * {@link #pass} leads back from each. {@link #cut} and {@link #reset} end the connections there are
 * and change nothing for new ones; {@link #after} has any of these happen at an exact byte.
 *
 * <p>Thread-safe; four threads a connection. The port stays ours as long as this is open, also
 * while it refuses.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int BUFFER = 16 * 1024;
  private static final int BACKLOG = 200;

  /** Chunks that one direction holds: on a line with a delay much is on its way at once. */
  private static final int ROOM_ON_THE_WAY = 512;

  /** Which way bytes go. */
  public enum Direction {
    /** From the client to the server. */
    UP,
    /** From the server to the client. */
    DOWN
  }

  private enum Door {
    OPEN,
    SILENT,
    RESETTING
  }

  private final int target;

  /** Bound and never listening: keeps the port while nobody listens on it. */
  private final Socket holder;

  private final Object gate = new Object();

  // All guarded by the gate.
  private final Set<Line> lines = new LinkedHashSet<>();
  private final Map<Direction, Long> passed = new EnumMap<>(Direction.class);
  private @Nullable ServerSocket listener;
  private @Nullable Thread accepting;
  private @Nullable Thread flapping;
  private @Nullable Trap trap;
  private Door door = Door.OPEN;
  private Duration delay = Duration.ZERO;
  private long rate = Long.MAX_VALUE;
  private boolean frozen;
  private boolean answersFrozen;
  private boolean closed;
  private int accepted;

  /** What happens when a direction has passed so many bytes in all. */
  private record Trap(Direction direction, long at, Consumer<FaultProxy> fault) {}

  private record Chunk(ByteBuffer bytes, long dueNanos) {}

  private FaultProxy(int target) throws IOException {
    this.target = target;
    this.holder = new Socket();
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Listens on a free loopback port and passes all on to {@code target}, as fast as it can. */
  public static FaultProxy to(int target) {
    try {
      var proxy = new FaultProxy(target);
      proxy.listen();
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port to connect to; the same all its life. */
  public int port() {
    return holder.getLocalPort();
  }

  /** Bytes that went on from clients to the target so far. */
  public long bytesUp() {
    return passed(Direction.UP);
  }

  /** Bytes that went on from the target to clients so far. */
  public long bytesDown() {
    return passed(Direction.DOWN);
  }

  private long passed(Direction direction) {
    synchronized (gate) {
      return passed.getOrDefault(direction, 0L);
    }
  }

  /** Connections taken so far, those that were then reset or swallowed included. */
  public int connections() {
    synchronized (gate) {
      return accepted;
    }
  }

  // ── Faults ─────────────────────────────────────────────────────────────────────────────────

  /**
   * All is well: everything passes, as fast as it can. Connections that lost bytes in a black hole
   * are reset, frozen ones go on.
   */
  public void pass() {
    stopFlapping();
    synchronized (gate) {
      door = Door.OPEN;
      delay = Duration.ZERO;
      rate = Long.MAX_VALUE;
      frozen = false;
      answersFrozen = false;
      trap = null;
      lines.stream().filter(line -> line.lost).toList().forEach(Line::reset);
      gate.notifyAll();
    }
    listen();
  }

  /** From now on a round trip takes so much longer; how much passes at a time stays the same. */
  public FaultProxy delay(Duration roundTrip) {
    synchronized (gate) {
      delay = roundTrip.dividedBy(2);
      gate.notifyAll();
      return this;
    }
  }

  /** From now on lets at most so many bytes a second through, per connection and direction. */
  public FaultProxy rate(long bytesPerSecond) {
    synchronized (gate) {
      rate = bytesPerSecond;
      gate.notifyAll();
      return this;
    }
  }

  /** Lets nothing through any more, while connections stay open and new ones are taken. */
  public void freeze() {
    synchronized (gate) {
      frozen = true;
    }
  }

  /**
   * Lets nothing back to the clients any more, while what they send still goes on at full speed.
   */
  public void freezeAnswers() {
    synchronized (gate) {
      answersFrozen = true;
      rate = Long.MAX_VALUE;
      gate.notifyAll();
    }
  }

  /** Takes new connections without an answer, and swallows whatever is sent on any. */
  public void blackHole() {
    synchronized (gate) {
      door = Door.SILENT;
      gate.notifyAll();
    }
  }

  /** Nobody listens any more; connections that there are go on. */
  public void refuse() {
    synchronized (gate) {
      closeQuietly(listener);
      listener = null;
      awaitLastAccept();
    }
  }

  /** Takes new connections and resets them at once; those that there are go on. */
  public void resetNew() {
    synchronized (gate) {
      door = Door.RESETTING;
    }
  }

  /** Ends all connections there are, with an end of stream to both sides. */
  public void cut() {
    synchronized (gate) {
      List.copyOf(lines).forEach(Line::cut);
    }
  }

  /** Ends all connections there are by a TCP reset to both sides. */
  public void reset() {
    synchronized (gate) {
      List.copyOf(lines).forEach(Line::reset);
    }
  }

  /** Is there for {@code up}, then resets all and refuses for {@code down}, until {@link #pass}. */
  public void flap(Duration up, Duration down) {
    stopFlapping();
    synchronized (gate) {
      flapping = Thread.ofVirtual().start(() -> flapOn(up, down));
    }
  }

  /**
   * Has {@code fault} happen once, when exactly so many more bytes have passed in that direction;
   * no byte more passes before it has. Only the latest one waits to happen.
   */
  public void after(Direction direction, long more, Consumer<FaultProxy> fault) {
    synchronized (gate) {
      trap = new Trap(direction, passed(direction) + more, fault);
    }
    spring();
  }

  /** Breaks all connections and frees the port. */
  @Override
  public void close() {
    stopFlapping();
    synchronized (gate) {
      closed = true;
      refuse();
      reset();
      gate.notifyAll();
    }
    try {
      holder.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void spring() {
    Trap sprung;
    synchronized (gate) {
      sprung = trap;
      if (sprung == null || passed(sprung.direction()) < sprung.at()) {
        return;
      }
      trap = null;
      sprung.fault().accept(this);
    }
  }

  private void flapOn(Duration up, Duration down) {
    try {
      while (true) {
        Thread.sleep(up);
        refuse();
        reset();
        Thread.sleep(down);
        listen();
      }
    } catch (InterruptedException e) {
      // Told to stop.
    }
  }

  private void stopFlapping() {
    Thread thread;
    synchronized (gate) {
      thread = flapping;
      flapping = null;
    }
    if (thread == null) {
      return;
    }
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ── The line ───────────────────────────────────────────────────────────────────────────────

  private void listen() {
    synchronized (gate) {
      if (listener != null || closed) {
        return;
      }
      try {
        var fresh = new ServerSocket();
        fresh.setReuseAddress(true);
        fresh.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), BACKLOG);
        listener = fresh;
        // Not a virtual one: closing the listener under it would take effect a moment later only.
        accepting = Thread.ofPlatform().daemon().start(() -> accept(fresh));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void accept(ServerSocket listener) {
    try {
      while (true) {
        take(listener.accept());
      }
    } catch (IOException e) {
      // Closed: nobody listens any more.
    } finally {
      synchronized (gate) {
        accepting = null;
        gate.notifyAll();
      }
    }
  }

  /**
   * A closed listener goes on taking connections, and holds its port, until the thread that was
   * accepting has come back. Lets go of the gate meanwhile, which that thread may want.
   */
  private void awaitLastAccept() {
    var interrupted = false;
    synchronized (gate) {
      while (accepting != null) {
        try {
          gate.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(Socket near) throws IOException {
    var far = new Socket();
    var line = new Line(near, far);
    Door now;
    synchronized (gate) {
      accepted++;
      now = closed ? Door.RESETTING : door;
      lines.add(line);
      line.lost = now == Door.SILENT;
    }
    switch (now) {
      case RESETTING -> line.reset();
      case SILENT -> Thread.ofVirtual().start(() -> line.read(Direction.UP));
      case OPEN ->
          Thread.ofVirtual()
              .start(() -> {
                try {
                  far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                  near.setTcpNoDelay(true);
                  far.setTcpNoDelay(true);
                } catch (IOException e) {
                  line.reset();
                  return;
                }
                for (var direction : Direction.values()) {
                  Thread.ofVirtual().start(() -> line.read(direction));
                  Thread.ofVirtual().start(() -> line.write(direction));
                }
              });
    }
  }

  /** One connection: two sockets and what is on its way between them. */
  private final class Line {
    private final Socket near;
    private final Socket far;

    // All guarded by the gate.
    private final Map<Direction, Deque<Chunk>> onTheWay =
        Map.of(Direction.UP, new ArrayDeque<>(), Direction.DOWN, new ArrayDeque<>());
    private final Set<Direction> ended = EnumSet.noneOf(Direction.class);
    private final Set<Direction> done = EnumSet.noneOf(Direction.class);
    private boolean over;
    private boolean lost;

    private Line(Socket near, Socket far) {
      this.near = near;
      this.far = far;
    }

    private void read(Direction direction) {
      var queue = Objects.requireNonNull(onTheWay.get(direction));
      var buffer = new byte[BUFFER];
      try {
        var in = (direction == Direction.UP ? near : far).getInputStream();
        while (true) {
          var n = in.read(buffer);
          synchronized (gate) {
            if (n < 0) {
              ended.add(direction);
              gate.notifyAll();
              return;
            }
            if (lost || door == Door.SILENT) {
              lost = true;
              continue;
            }
            while (!over && queue.size() >= (delay.isZero() ? 1 : ROOM_ON_THE_WAY)) {
              gate.wait();
            }
            queue.add(
                new Chunk(
                    ByteBuffer.wrap(buffer.clone(), 0, n), System.nanoTime() + delay.toNanos()));
            gate.notifyAll();
          }
        }
      } catch (IOException e) {
        reset();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void write(Direction direction) {
      var to = direction == Direction.UP ? far : near;
      try {
        var out = to.getOutputStream();
        for (var chunk = next(direction); chunk != null; chunk = next(direction)) {
          while (chunk.hasRemaining()) {
            var n = admitted(direction, chunk.remaining());
            if (n < 0) {
              return;
            }
            out.write(chunk.array(), chunk.arrayOffset() + chunk.position(), n);
            chunk.position(chunk.position() + n);
            synchronized (gate) {
              passed.merge(direction, (long) n, Long::sum);
            }
            spring();
            pace(n);
          }
        }
        to.shutdownOutput();
        synchronized (gate) {
          done.add(direction);
          if (done.size() == Direction.values().length) {
            cut();
          }
        }
      } catch (IOException e) {
        reset();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** The next chunk when it is due; null at the end of the stream, or when all is over. */
    private @Nullable ByteBuffer next(Direction direction) throws InterruptedException {
      var queue = Objects.requireNonNull(onTheWay.get(direction));
      synchronized (gate) {
        while (true) {
          var head = queue.peek();
          if (over || (head == null && ended.contains(direction) && mayPass(direction))) {
            return null;
          }
          var left = head == null ? Long.MAX_VALUE : head.dueNanos() - System.nanoTime();
          if (head != null && left <= 0) {
            queue.remove();
            gate.notifyAll();
            return head.bytes();
          }
          TimeUnit.NANOSECONDS.timedWait(gate, left);
        }
      }
    }

    /** How many of so many bytes may go now, waiting until any may; negative: all is over. */
    private int admitted(Direction direction, int wanted) throws InterruptedException {
      synchronized (gate) {
        while (!over && !mayPass(direction)) {
          gate.wait();
        }
        if (over) {
          return -1;
        }
        if (trap == null || trap.direction() != direction) {
          return wanted;
        }
        return (int) Math.min(wanted, trap.at() - passed(direction));
      }
    }

    private boolean mayPass(Direction direction) {
      var silent = lost || door == Door.SILENT;
      return !frozen && !silent && !(answersFrozen && direction == Direction.DOWN);
    }

    private void pace(int bytes) throws InterruptedException {
      synchronized (gate) {
        var chosen = rate;
        if (chosen == Long.MAX_VALUE) {
          return;
        }
        var until = System.nanoTime() + bytes * TimeUnit.SECONDS.toNanos(1) / chosen;
        for (long left; (left = until - System.nanoTime()) > 0 && chosen == rate && !over; ) {
          TimeUnit.NANOSECONDS.timedWait(gate, left);
        }
      }
    }

    private void reset() {
      synchronized (gate) {
        if (over) {
          // Its sockets were closed under whoever asks, and not by a reset.
          return;
        }
        for (var socket : List.of(near, far)) {
          try {
            socket.setSoLinger(true, 0);
          } catch (IOException e) {
            // Closed already.
          }
        }
        cut();
      }
    }

    private void cut() {
      synchronized (gate) {
        over = true;
        lines.remove(this);
        gate.notifyAll();
      }
      closeQuietly(near);
      closeQuietly(far);
    }
  }

  private static void closeQuietly(@Nullable AutoCloseable open) {
    try {
      if (open != null) {
        open.close();
      }
    } catch (Exception e) {
      // What cannot be closed is closed.
    }
  }
}
