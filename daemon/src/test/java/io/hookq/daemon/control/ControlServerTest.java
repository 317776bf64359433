package io.hookq.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.hookq.store.StoreDir;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class ControlServerTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final ControlServer.Deadlines SHORT =
      new ControlServer.Deadlines(
          Duration.ofMillis(200), Duration.ofMillis(200), LONG, Duration.ofSeconds(1));
  private static final BuildUsers NOBODY = new BuildUsers("no-such-group", Set.of());
  private static final EnqueueRequest ONE = enqueue("a");

  @TempDir Path folder;
  private Path socket;
  private ScriptedHandler handler;
  private ControlServer server;

  @BeforeEach
  void listen() throws Exception {
    socket = folder.resolve("hookq.sock");
    handler = new ScriptedHandler();
    server = listen(NOBODY, ControlServer.Deadlines.GENEROUS);
  }

  @AfterEach
  void close() throws Exception {
    handler.released.countDown();
    server.close();
  }

  private ControlServer listen(BuildUsers buildUsers, ControlServer.Deadlines deadlines)
      throws IOException {
    return ControlServer.listen(socket, "no-such-group", handler, buildUsers, deadlines);
  }

  private void listenAnew(BuildUsers buildUsers, ControlServer.Deadlines deadlines)
      throws IOException {
    server.close();
    server = listen(buildUsers, deadlines);
  }

  private static EnqueueRequest enqueue(String path) {
    return new EnqueueRequest(List.of(path), Optional.empty(), "hook", Optional.empty());
  }

  private <R> R call(ControlRequest<R> request) throws IOException {
    return new ControlClient(socket).call(request, LONG);
  }

  @Test
  void every_operation_comes_through() throws Exception {
    handler.released.countDown();
    var list = new ListRequest(Optional.of("failed"), Optional.empty());
    var wait = new WaitRequest(List.of(), Optional.empty(), Optional.empty(), Optional.empty());

    assertThat(call(ONE)).isEqualTo(new EnqueueRequest.Reply(List.of(), 1, false));
    assertThat(call(new StatusRequest()).document())
        .isEqualTo("{\"version\":\"x\",\"new\":[1,2.5,null,true,{\"a\":null}]}");
    assertThat(call(list).jobs()).containsExactly(ScriptedHandler.JOB);
    assertThat(call(wait)).isEqualTo(new WaitRequest.Reply(true, List.of(ScriptedHandler.JOB)));
    assertThat(call(new VersionRequest()))
        .isEqualTo(new VersionRequest.Reply("0.1.0", 4711, StoreDir.DEFAULT));
    assertThat(handler.seen)
        .containsExactly(ONE, new StatusRequest(), list, wait, new VersionRequest());
  }

  @Test
  void a_list_may_be_long_and_empty() throws Exception {
    var all = new ListRequest(Optional.empty(), Optional.empty());
    handler.listed = 20_000;
    assertThat(call(all).jobs()).hasSize(20_000);
    handler.listed = 0;
    assertThat(call(all).jobs()).isEmpty();
  }

  @Test
  void requests_on_one_connection_are_answered_in_order() throws Exception {
    try (var peer = new RawPeer(socket)) {
      peer.say(
          """
          {"op":"enqueue","paths":["a","b"]}
          {"op":"version"}
          nonsense
          {"op":"enqueue","paths":["refuse"]}
          {"op":"enqueue","paths":[]}
          """);

      assertThat(peer.hear()).isEqualTo("{\"ok\":true,\"jobs\":2}");
      assertThat(peer.hear()).contains("\"pid\":4711");
      assertThat(peer.hear()).contains("\"class\":\"bad-request\"");
      assertThat(peer.hear()).isEqualTo("{\"ok\":false,\"error\":\"not now\",\"class\":\"retry\"}");
      assertThat(peer.hear()).isEqualTo("{\"ok\":true,\"jobs\":0}");
      peer.hangUpHalf();
      assertThat(peer.hear()).isNull();
    }
  }

  @Test
  void trouble_behind_the_socket_is_told_and_ends_nothing() throws Exception {
    try (var peer = new RawPeer(socket)) {
      peer.say("{\"op\":\"enqueue\",\"paths\":[\"break\"]}\n");
      assertThat(peer.hear())
          .isEqualTo("{\"ok\":false,\"error\":\"disk on fire\",\"class\":\"internal\"}");
      peer.say("{\"op\":\"enqueue\",\"paths\":[\"bug\"]}\n");
      assertThat(peer.hear())
          .isEqualTo("{\"ok\":false,\"error\":\"a bug\",\"class\":\"internal\"}");
      peer.say("{\"op\":\"list\",\"state\":\"odd\"}\n");
      assertThat(peer.hear())
          .isEqualTo("{\"ok\":false,\"error\":\"no such state: 'odd'\",\"class\":\"bad-request\"}");
    }
  }

  @Test
  void a_list_that_breaks_off_is_no_list() {
    var late = new ListRequest(Optional.of("late"), Optional.empty());

    assertThatExceptionOfType(IOException.class).isThrownBy(() -> call(late));
  }

  @Test
  void invalid_utf_8_is_refused_and_the_next_line_answered() throws Exception {
    try (var peer = new RawPeer(socket)) {
      peer.say(new byte[] {'{', (byte) 0xc3, '}', '\n'}).say("{\"op\":\"version\"}\n");

      assertThat(peer.hear())
          .isEqualTo("{\"ok\":false,\"error\":\"not UTF-8\",\"class\":\"bad-request\"}");
      assertThat(peer.hear()).contains("4711");
    }
  }

  @Test
  void a_line_of_two_mebibytes_is_refused_and_ends_the_connection() throws Exception {
    try (var peer = new RawPeer(socket)) {
      peer.say("x".repeat(2 << 20)).say("\n{\"op\":\"version\"}\n");

      assertThat(peer.hear())
          .isEqualTo(
              "{\"ok\":false,\"error\":\"a line has at most 1048576 bytes\",\"class\":\"bad-request\"}");
      assertThat(peer.hear()).isNull();
    }
    assertThat(call(ONE).jobs()).isEqualTo(1);
  }

  @Test
  void a_line_may_have_a_mebibyte_to_the_byte() throws Exception {
    var begin = "{\"op\":\"version\",\"x\":\"";
    var fill = "x".repeat((1 << 20) - begin.length() - 2);
    try (var peer = new RawPeer(socket)) {
      peer.say(begin + fill + "\"}\n");
      assertThat(peer.hear()).contains("4711");
      peer.say(begin + fill + "x\"}\n");
      assertThat(peer.hear()).contains("a line has at most 1048576 bytes");
      assertThat(peer.hear()).isNull();
    }
  }

  @Test
  void a_line_of_a_mebibyte_is_read() throws Exception {
    var path = "p".repeat(900);
    var many = new ArrayList<String>();
    for (var i = 0; i < 1100; i++) {
      many.add(path);
    }

    assertThat(call(new EnqueueRequest(many, Optional.empty(), "push", Optional.empty())).jobs())
        .isEqualTo(1100);
  }

  @Test
  void two_hundred_peers_at_once_are_all_answered() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Callable<EnqueueRequest.Reply>>();
      for (var i = 0; i < 200; i++) {
        calls.add(() -> call(ONE));
      }
      for (var answer : threads.invokeAll(calls)) {
        assertThat(answer.get().jobs()).isEqualTo(1);
      }
    }
  }

  @Test
  void half_open_slow_and_blocked_peers_hold_up_nobody() throws Exception {
    var peers = new ArrayList<RawPeer>();
    try {
      for (var i = 0; i < 200; i++) {
        peers.add(new RawPeer(socket).say(i % 2 == 0 ? "{\"op\":" : "x".repeat(70_000)));
      }
      peers.add(new RawPeer(socket).say("{\"op\":\"enqueue\",\"paths\":[\"block\"]}\n"));
      await().until(() -> handler.seen.size() == 1);

      assertThat(call(ONE).jobs()).isEqualTo(1);
    } finally {
      for (var peer : peers) {
        peer.close();
      }
    }
  }

  @Test
  void two_hundred_senders_of_endless_lines_need_no_more_memory_than_a_few() throws Exception {
    var line = new byte[1 << 20];
    var before = usedHeap();
    var peers = new ArrayList<RawPeer>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 200; i++) {
        var peer = new RawPeer(socket);
        peers.add(peer);
        threads.execute(() -> sayInVain(peer, line));
      }
      await().atMost(LONG).until(() -> server.linesWaiting() > 100);

      assertThat(call(ONE).jobs()).isEqualTo(1);
      // A mebibyte each would be 200; eight may have one, and each something in its first buffer.
      assertThat(usedHeap() - before).isLessThan(64 << 20);
      for (var peer : peers) {
        peer.close();
      }
    }
    await().atMost(LONG).untilAsserted(() -> assertThat(server.linesWaiting()).isZero());
    assertThat(call(ONE).jobs()).isEqualTo(1);
  }

  private static void sayInVain(RawPeer peer, byte[] line) {
    try {
      peer.say(line);
    } catch (IOException _) {
      // The test has closed it meanwhile.
    }
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void one_peer_too_many_is_told_to_come_again() throws Exception {
    var peers = new ArrayList<RawPeer>();
    try {
      for (var i = 0; i < 512; i++) {
        peers.add(new RawPeer(socket));
      }
      peers.getLast().say("{\"op\":\"version\"}\n");
      assertThat(peers.getLast().hear()).contains("4711");

      try (var late = new RawPeer(socket)) {
        assertThat(late.hear())
            .isEqualTo("{\"ok\":false,\"error\":\"too many connections\",\"class\":\"retry\"}");
      }
    } finally {
      for (var peer : peers) {
        peer.close();
      }
    }
    await().untilAsserted(() -> assertThat(call(ONE).jobs()).isEqualTo(1));
  }

  @Test
  void a_peer_that_drips_its_line_is_cut_off() throws Exception {
    listenAnew(NOBODY, SHORT);
    try (var idle = new RawPeer(socket);
        var slow = new RawPeer(socket).say("{\"op\"")) {

      assertThat(slow.hear()).isNull();
      assertThat(idle.say("{\"op\":\"version\"}\n").hear()).contains("4711");
    }
  }

  @Test
  void a_peer_that_does_not_take_its_answer_is_cut_off() throws Exception {
    listenAnew(NOBODY, SHORT);
    handler.listed = 100_000;
    try (var deaf = new RawPeer(socket).say("{\"op\":\"list\"}\n")) {
      await()
          .atMost(LONG)
          .untilAsserted(() ->
              assertThatExceptionOfType(IOException.class)
                  .isThrownBy(() -> deaf.say("{\"op\":\"version\"}\n")));
    }
  }

  @Test
  void a_waiting_peer_hears_blanks_before_its_answer() throws Exception {
    try (var peer = new RawPeer(socket).say("{\"op\":\"wait\"}\n")) {
      await().until(() -> handler.seen.size() == 1);
      handler.released.countDown();

      assertThat(peer.hear()).startsWith("  {\"ok\":true,\"timedOut\":true");
    }
  }

  @Test
  void build_users_are_refused_whatever_they_ask() throws Exception {
    listenAnew(
        new BuildUsers("nixbld", Set.of(System.getProperty("user.name"))),
        ControlServer.Deadlines.GENEROUS);

    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() -> call(ONE))
        .withMessage("build users may not speak to hookq")
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo("forbidden"));
    assertThat(handler.seen).isEmpty();
  }

  @Test
  void the_socket_is_for_its_owner_and_its_group_and_nothing_else_is_left() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-rw----");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(socket);
    }
    server.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void a_socket_that_answers_is_left_to_its_daemon() {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> listen(NOBODY, SHORT))
        .withMessage("another daemon listens on " + socket);
  }

  @Test
  void a_socket_that_nobody_answers_at_is_replaced() throws Exception {
    server.close();
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();

    server = listen(NOBODY, SHORT);

    assertThat(call(ONE).jobs()).isEqualTo(1);
  }

  @Test
  void what_a_daemon_of_the_same_number_left_when_it_was_killed_is_cleared_away() throws Exception {
    server.close();
    var workshop = Files.createDirectory(folder.resolve(".b" + ProcessHandle.current().pid()));
    Files.createFile(workshop.resolve("s"));

    server = listen(NOBODY, SHORT);

    assertThat(call(ONE).jobs()).isEqualTo(1);
    assertThat(workshop).doesNotExist();
  }

  @Test
  void a_file_in_the_way_is_not_overwritten() throws Exception {
    server.close();
    Files.writeString(socket, "precious");

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> listen(NOBODY, SHORT))
        .withMessage("not a socket, and in the way of one: " + socket);
    assertThat(socket).hasContent("precious");
  }

  @Test
  void a_socket_taken_over_by_a_successor_is_left_to_it() throws Exception {
    Files.delete(socket);
    var first = server;
    server = listen(NOBODY, ControlServer.Deadlines.GENEROUS);

    first.close();

    assertThat(call(ONE).jobs()).isEqualTo(1);
  }

  /** No memory for one more connection, as often as it is told, and then as the other. */
  private static final class Exhausted extends ServerSocketChannel {
    private final ServerSocketChannel other;
    private final AtomicInteger times;

    Exhausted(ServerSocketChannel other, int times) {
      super(other.provider());
      this.other = other;
      this.times = new AtomicInteger(times);
    }

    @Override
    public SocketChannel accept() throws IOException {
      if (times.getAndDecrement() > 0) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      return other.accept();
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
      return other.bind(local, backlog);
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
      return other.setOption(name, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
      return other.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
      return other.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
      return other.socket();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
      return other.getLocalAddress();
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
      other.close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
      other.configureBlocking(block);
    }
  }

  @Test
  void no_memory_for_one_connection_leaves_the_daemon_listening() throws Exception {
    server.close();
    var inherited = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    inherited.bind(UnixDomainSocketAddress.of(socket));
    var exhausted = new Exhausted(inherited, 2);
    try (exhausted;
        var _ = ControlServer.inherit(exhausted, handler)) {
      assertThat(call(enqueue("/nix/store/x")).jobs()).isEqualTo(1);
      assertThat(exhausted.times.get()).isNegative();
    }
  }

  @Test
  void an_error_behind_the_socket_costs_its_connection_and_no_other() throws Exception {
    for (var i = 0; i < 3; i++) {
      assertThatExceptionOfType(ControlUnreachableException.class)
          .isThrownBy(() -> call(enqueue("no-memory")));
      assertThat(call(enqueue("/nix/store/x")).jobs()).isEqualTo(1);
    }
  }

  @Test
  void a_path_too_long_for_a_socket_is_named() throws Exception {
    server.close();
    socket = folder.resolve("s".repeat(100));

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> listen(NOBODY, SHORT))
        .withMessageMatching(
            "a socket's path has at most \\d+ bytes, this one has \\d+: " + socket);
  }

  @Test
  void closing_cuts_whoever_waits() throws Exception {
    try (var peer = new RawPeer(socket).say("{\"op\":\"wait\"}\n")) {
      await().until(() -> handler.seen.size() == 1);
      server.close();
      assertThat(peer.hear()).isIn(null, "  ");
    }
  }
}
