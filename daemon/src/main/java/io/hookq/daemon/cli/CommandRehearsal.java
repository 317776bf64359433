package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.status.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The quick commands once through, against a daemon that only says what they expect: from this run
 * the JVM learns which classes a command needs, and keeps them in its AOT cache.
 *
 * <p>Opens one socket in a temporary folder of its own, and takes it away.
 */
final class CommandRehearsal {
  private static final int LONGEST_REQUEST = 4096;

  private static final String STATUS =
      """
      {"version":"0","pid":1,"startedAt":"2026-11-21T12:00:00Z","lastHookAt":"2026-11-21T12:00:00.5Z",\
      "queue":{"queued":1500,"uploading":1,"done":1,"failed":1,"spooled":1},"destinations":[\
      {"name":"server","uri":"ssh://server","state":"uploading","queued":1,"uploading":1,\
      "bytesPlanned":2048,"bytesSent":1024,"bytesPerSecond":512,"etaSeconds":2,\
      "narBytesSentTotal":4096,"current":[{"path":"/nix/store/x","bytesSent":1,"narSize":2}]},\
      {"name":"other","uri":"ssh://other","state":"waiting","lastError":"none (hint: none)",\
      "lastErrorAt":"2026-11-21T12:00:00Z","retryAt":"2099-11-21T12:00:00Z",\
      "lastErrorClass":"unreachable","hint":"none"}]}\
      """;

  private static final String PATH = "0".repeat(32) + "-path";

  private static final String JOB =
      """
      {"id":1,"path":"/nix/store/%1$s","destination":"server","state":"failed","attempts":5,\
      "notBefore":"2026-11-21T12:00:00Z","enqueuedAt":"2026-11-21T12:00:00Z",\
      "updatedAt":"2026-11-21T12:00:00Z","reason":"none","source":"hook",\
      "history":[{"at":"2026-11-21T12:00:00Z","event":"enqueue","state":"queued","attempts":0}],\
      "waits":[{"kind":"outage","from":"2026-11-21T12:00:00Z","to":"2026-11-21T12:01:00Z","reason":"none"}]}\
      """
          .formatted(PATH);

  /** Of a destination to check and to reconcile. */
  private static final String ANSWER =
      """
      {"name":"server","asked":1,"missing":%s,"built":1,"filtered":0,"missingBytes":1,"queued":1,\
      "paths":[{"path":"/nix/store/%s","narSize":1}]}\
      """;

  private CommandRehearsal() {}

  /** Plays it; what the commands say goes to stdout and stderr. */
  public static void main(String[] none) throws IOException {
    var folder = Files.createTempDirectory("hookq-rehearsal");
    var socket = folder.resolve("s");
    ControlClient.prepare();
    try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofPlatform().daemon().start(() -> answer(listener));
      for (var words :
          List.of(
              List.of("status"),
              List.of("status", "--json"),
              List.of("list"),
              List.of("list", "--state", "failed"),
              List.of("why", PATH),
              List.of("push", PATH),
              List.of("kick"),
              List.of("wait", "--timeout", "10m"),
              List.of("retry", PATH),
              List.of("drop", PATH),
              List.of("check", PATH),
              List.of("reconcile", "--dry-run"),
              List.of("metrics"),
              List.of("pause"),
              List.of("resume"))) {
        var arguments = new ArrayList<>(words);
        arguments.addAll(List.of("--socket", socket.toString()));
        Main.run(Console.ofProcess(), arguments.toArray(String[]::new));
      }
      // The way of a mistake. Not picocli's: the JVM keeps no classes as old as picocli's are, and
      // what it keeps it readies at each start, used or not.
      Main.run(Console.ofProcess(), "status", "--socket", folder.resolve("none").toString());
    } finally {
      Files.deleteIfExists(socket);
      Files.delete(folder);
    }
  }

  private static void answer(ServerSocketChannel listener) {
    try {
      while (true) {
        try (var peer = listener.accept()) {
          var request = ByteBuffer.allocate(LONGEST_REQUEST);
          peer.read(request);
          var text = new String(request.array(), 0, request.position(), StandardCharsets.UTF_8);
          peer.write(ByteBuffer.wrap((reply(text) + "\n").getBytes(StandardCharsets.UTF_8)));
        }
      }
    } catch (ClosedChannelException _) {
      // The end.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One answer with all that any of these operations has in its. */
  private static String reply(String request) {
    return """
    {"ok":true,"version":"%s","pid":1,"storeDir":"/nix/store","path":"/nix/store/%s",\
    "valid":%s,"lastHookAt":"2026-11-21T12:00:00Z","origin":{"registeredAt":"2026-11-21T12:00:00Z",\
    "ultimate":true,"signedBy":[],"contentAddressed":false},"jobs":%s,"failed":[],"timedOut":false,\
    "destinations":%s,"paused":[],"outputs":[],"status":%s}\
    """
        .formatted(
            Version.CURRENT,
            PATH,
            has(request, "reconcile") ? "1" : "true",
            has(request, "list") || has(request, "why") ? "[" + JOB + "]" : "1",
            has(request, "check")
                ? "[" + ANSWER.formatted("[]", PATH) + "]"
                : has(request, "reconcile") ? "[" + ANSWER.formatted("1", PATH) + "]" : "1",
            has(request, "status") ? STATUS : "{}");
  }

  private static boolean has(String request, String op) {
    return request.contains("\"op\":\"" + op + "\"");
  }
}
