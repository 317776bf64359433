import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A line that is longer than it is: passes everything on as fast as it comes, half a round trip
 * later. Kernels do not offer that everywhere, so it is done here.
 *
 * <p>{@code java DelayProxy.java TARGET_PORT ROUND_TRIP_MILLIS [BYTES_PER_SECOND]} prints the port
 * that it listens on, on 127.0.0.1, and runs until it is killed. A line with a rate holds back no
 * more than a router would, so that the sender feels it.
 */
final class DelayProxy {
  private static final int PIECE = 64 << 10;

  /** What may be on its way in one direction of one connection: more than anybody's window. */
  private static final int PIECES_ON_THE_WAY = 4096;

  /** The same on a line with a rate. */
  private static final int SLOW_PIECE = 8 << 10;

  private static final int SLOW_PIECES_ON_THE_WAY = 32;

  /** By so much a wait may last too long without the rate suffering from it. */
  private static final long OVERSLEPT = 20_000_000;

  private DelayProxy() {}

  private record Piece(byte[] bytes, int length, long dueNanos) {}

  public static void main(String[] arguments) throws IOException {
    var target = Integer.parseInt(arguments[0]);
    var oneWay = TimeUnit.MICROSECONDS.toNanos(Long.parseLong(arguments[1]) * 500);
    var rate = arguments.length > 2 ? Long.parseLong(arguments[2]) : Long.MAX_VALUE;
    try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      System.out.println(listener.getLocalPort());
      System.out.flush();
      while (true) {
        var near = listener.accept();
        var far = new Socket(InetAddress.getLoopbackAddress(), target);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        pass(near, far, oneWay, rate);
        pass(far, near, oneWay, rate);
      }
    }
  }

  private static void pass(Socket from, Socket to, long oneWay, long rate) {
    var slow = rate != Long.MAX_VALUE;
    var queue = new LinkedBlockingQueue<Piece>();
    var room = new Semaphore(slow ? SLOW_PIECES_ON_THE_WAY : PIECES_ON_THE_WAY);
    Thread.ofPlatform().daemon().start(() -> {
      try {
        var in = from.getInputStream();
        for (var n = 0; n >= 0; ) {
          var bytes = new byte[slow ? SLOW_PIECE : PIECE];
          n = in.read(bytes);
          room.acquire();
          queue.add(new Piece(bytes, n, System.nanoTime() + oneWay));
        }
      } catch (IOException | InterruptedException e) {
        queue.add(new Piece(new byte[0], -1, System.nanoTime()));
      }
    });
    Thread.ofPlatform().daemon().start(() -> {
      try (from; to) {
        var out = to.getOutputStream();
        var free = System.nanoTime();
        while (true) {
          var piece = queue.take();
          var left = piece.dueNanos() - System.nanoTime();
          if (left > 0) {
            TimeUnit.NANOSECONDS.sleep(left);
          }
          if (piece.length() < 0) {
            to.shutdownOutput();
            // The other direction may still have something to say.
            TimeUnit.NANOSECONDS.sleep(4 * oneWay + 1_000_000);
            return;
          }
          out.write(piece.bytes(), 0, piece.length());
          if (slow) {
            free = Math.max(free, System.nanoTime() - OVERSLEPT) + piece.length() * 1_000_000_000L / rate;
            TimeUnit.NANOSECONDS.sleep(Math.max(0, free - System.nanoTime()));
          }
          room.release();
        }
      } catch (IOException | InterruptedException e) {
        // One end is gone, and with it this line.
      }
    });
  }
}
