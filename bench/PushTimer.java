import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * How long a daemon takes to bring a path there, without the start of a command: reads lines {@code
 * SOCKET PATH}, pushes the path over the daemon's socket, waits until it is there, prints the
 * milliseconds, or {@code failed} and the answer.
 */
final class PushTimer {
  private PushTimer() {}

  public static void main(String[] arguments) throws IOException {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      var words = line.split(" ");
      System.out.println(push(Path.of(words[0]), words[1]));
      System.out.flush();
    }
  }

  private static String push(Path socket, String path) throws IOException {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      var out = Channels.newOutputStream(channel);
      var answers =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      var start = System.nanoTime();
      out.write(
          """
          {"op": "enqueue", "paths": ["%s"], "source": "push"}
          {"op": "wait", "paths": ["%s"]}
          """
              .formatted(path, path)
              .getBytes(StandardCharsets.UTF_8));
      var queued = answers.readLine();
      var settled = answers.readLine();
      var millis = (System.nanoTime() - start) / 1_000_000;
      var fine =
          queued != null
              && queued.contains("\"ok\":true")
              && settled != null
              && settled.replace(" ", "").contains("\"failed\":[]");
      return fine ? Long.toString(millis) : "failed " + queued + " " + settled;
    }
  }
}
