package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.daemon.config.Compression;
import io.hookq.daemon.transport.SshDestinationConnector;
import io.hookq.docs.Operations;
import io.hookq.peers.AgentPeer;
import io.hookq.peers.Finished;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshSession;
import io.hookq.ssh.SshUnreachableException;
import io.hookq.store.PeerEnd;
import io.hookq.store.StorePath;
import io.hookq.zstd.KeepPromise;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The upload key at a real sshd, used as it is meant and as it is not. */
class ReceiveOverSshTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final Receiving server = Receiving.in(folder.resolve("r"));

  @Test
  void what_nix_copies_through_the_key_arrives_and_outlives_a_garbage_collection() {
    var one = server.near().addText("one", "1");
    var two = server.near().addText("two", "2");
    var other = server.far().addText("other", "3");

    server.copy("ssh", one).orFail("nix copy over ssh://");
    server.copy("ssh-ng", two).orFail("nix copy over ssh-ng://");
    server.far().collectGarbage();

    assertThat(server.far().validPaths()).containsExactlyInAnyOrder(one, two).doesNotContain(other);
    assertThat(server.roots()).isDirectoryContaining(path -> path.endsWith(one.baseName()));
  }

  @Test
  void each_form_that_is_allowed_copies_and_what_it_brings_is_kept() throws Exception {
    var store = "remote-store = \"%s\"".formatted(server.far().localUri());
    var plain = "compression = \"none\"";
    var zstd = "compression = \"zstd\"";
    var elsewhere = "remote-program = \"/somewhere/bin/nix-store\"";
    var brought = new ArrayList<StorePath>();
    try (var ssh = new SshConnector();
        var named = server.connector(ssh, "ssh", server.key(), plain, store, elsewhere);
        var compressed = server.connector(ssh, "ssh", server.key(), zstd, store);
        var worker = server.connector(ssh, "ssh-ng", server.key(), plain, store);
        var compressedWorker = server.connector(ssh, "ssh-ng", server.key(), zstd)) {
      for (var way : List.of(named, compressed, worker, compressedWorker)) {
        var path = server.near().addText("brought-" + brought.size(), "it");
        try (var there = way.connect()) {
          new Upload(server.near()).run(there, List.of(path));
        }
        brought.add(path);
      }
      assertThat(List.of(named, compressed, worker, compressedWorker))
          .extracting(SshDestinationConnector::compression)
          .containsExactly(Compression.NONE, Compression.ZSTD, Compression.NONE, Compression.ZSTD);
      // The other form of them all: asked, and copied nothing.
      assertThat(compressed.promise(PATIENCE))
          .contains(new KeepPromise("macbook", Optional.empty(), Optional.empty()));
      assertThat(worker.promise(PATIENCE)).isPresent();
    }

    server.far().collectGarbage();
    assertThat(server.far().validPaths()).containsExactlyInAnyOrderElementsOf(brought);
  }

  @Test
  void the_key_gets_neither_a_shell_nor_a_terminal() {
    assertRefused(server.ssh(List.of()), "no shell");
    assertRefused(server.ssh(List.of("-tt")), "PTY allocation request failed");
  }

  @Test
  void no_trick_gets_anything_else_run() throws Exception {
    var trace = folder.resolve("trace");
    var touch = "touch " + trace;
    var tricks =
        List.of(
            "id",
            "sh -c '" + touch + "'",
            "nix-store --gc",
            "nix-store --serve --write; " + touch,
            "nix-store --serve --write && " + touch,
            "nix-store --serve --write\n" + touch,
            "nix-store --serve --write > " + trace,
            "nix-store --serve --write --store \"$(" + touch + ")\"",
            "nix-store --serve --write --store '`" + touch + "`'",
            "nix-store --serve --write --store a'\\''; " + touch + "; '",
            "\"; " + touch + "; \"",
            "'; " + touch + "; '",
            "nix-daemon --stdio --option post-build-hook " + trace,
            "LD_PRELOAD=" + trace + " nix-store --serve --write",
            "nix-store --serve --write --store file://" + folder.path());
    try (var ssh = new SshConnector();
        var way = server.connector(ssh, "ssh", server.key());
        var session = ssh.connect(way.endpoint());
        var atOnce = Executors.newFixedThreadPool(4)) {
      var tried = new ArrayList<Future<?>>();
      for (var trick : tricks) {
        tried.add(atOnce.submit(() -> assertRefused(session, trick)));
      }
      for (var each : tried) {
        each.get();
      }
    }

    assertThat(trace).doesNotExist();
    assertThat(server.far().validPaths()).isEmpty();
  }

  @Test
  void what_goes_wrong_on_the_way_to_the_forced_command_runs_nothing_either() throws Exception {
    var trace = folder.resolve("trace");
    var store = "nix-store --serve --write --store ";
    try (var ssh = new SshConnector();
        var way = server.connector(ssh, "ssh", server.key());
        var session = ssh.connect(way.endpoint())) {
      assertRefused(session, store + "'ä\u009b2J\u202e'");
      assertRefused(session, store + "a".repeat(100_000));
      // More than the kernel lets one variable have: nothing can be started.
      try (var remote = session.exec(store + "a".repeat(200_000))) {
        assertThat(remote.stdout().readAllBytes()).isEmpty();
        assertThat(remote.awaitExit(PATIENCE).orElseThrow()).isNotZero();
      }
      // sshd takes no text with a NUL in it, and ends the connection.
      try (var remote = session.exec("nix-store --serve --write\u0000; touch " + trace)) {
        assertThatThrownBy(() -> remote.stdout().readAllBytes())
            .isInstanceOf(SshUnreachableException.class);
      } catch (SshUnreachableException e) {
        assertThat(e).hasMessageContaining("ended");
      }
    }
    assertThat(trace).doesNotExist();
  }

  @Test
  void a_subsystem_of_any_name_is_refused() {
    assertRefused(server.ssh(List.of("-s"), "hookq"), "subsystem request failed");
    assertRefused(
        server.ssh(List.of("-s"), "nix-store --serve --write"), "subsystem request failed");
  }

  @Test
  void the_channels_of_one_connection_are_sessions_of_their_own() throws Exception {
    var one = server.near().addText("one", "1");
    var two = server.near().addText("two", "2");
    var command = "nix-store --serve --write --store " + server.far().localUri();
    try (var ssh = new SshConnector();
        var way = server.connector(ssh, "ssh", server.key());
        var session = ssh.connect(way.endpoint());
        var first = session.exec(command);
        var second = session.exec(command)) {
      var dir = server.near().storeDir();
      try (var here = ServeConnection.greet(first.stdout(), first.stdin(), dir, PeerEnd::none);
          var there = ServeConnection.greet(second.stdout(), second.stdin(), dir, PeerEnd::none)) {
        assertThat(there.queryValid(List.of(two), false)).isEmpty();
        new Upload(server.near()).run(here, List.of(one));
        assertRefused(session, "id");
        new Upload(server.near()).run(there, List.of(two));
        first.stdin().close();
        second.stdin().close();
        assertThat(first.awaitExit(PATIENCE)).hasValue(0);
        assertThat(second.awaitExit(PATIENCE)).hasValue(0);
      }
    }
    server.far().collectGarbage();

    assertThat(server.far().validPaths()).containsExactlyInAnyOrder(one, two);
  }

  private static String assertRefused(SshSession session, String trick) throws IOException {
    try (var remote = session.exec(trick)) {
      assertThat(remote.stdout().readAllBytes()).as(trick).isEmpty();
      assertThat(remote.awaitExit(PATIENCE)).as(trick).hasValue(1);
      assertThat(remote.stderrTail().lines().filter(line -> line.startsWith("hookq receive: ")))
          .as(trick)
          .singleElement()
          .asString()
          .startsWith("hookq receive: refused: ")
          .is(Operations.says("hookq receive: refused: …"));
      return trick;
    }
  }

  private static void assertRefused(Finished tried, String why) {
    assertThat(tried.exitStatus()).as(tried.stderr()).isNotZero();
    assertThat(tried.stdout()).isEmpty();
    assertThat(tried.stderr()).contains(why);
  }

  @Test
  void no_file_is_copied_by_other_means() throws Exception {
    var file = Files.writeString(folder.resolve("file"), "untouched");
    var there = folder.resolve("there");

    var scp =
        PeerProcess.run(
            server.client("scp", List.of("-O", "" + file, server.address() + ":" + there)));
    var sftp =
        PeerProcess.run(
            server.client("sftp", List.of("-b", "-", server.address())),
            "put %s %s\n".formatted(file, there));

    assertRefused(scp, "refused: 'scp -t " + there);
    assertThat(sftp.exitStatus()).isNotZero();
    // sshd drops what a subsystem says on stderr.
    assertThat(server.sshd().log().split("forced-command \\(key-option\\)", -1)).hasSize(3);
    assertThat(there).doesNotExist();
  }

  @Test
  void nothing_is_forwarded_either_way() throws Exception {
    var address = UnixDomainSocketAddress.of(folder.resolve("t"));
    try (var port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var socketThere = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socketThere.bind(address).configureBlocking(false);
      var target = "127.0.0.1:" + port.getLocalPort();
      // What -D and -W open is what -L does.
      var near = List.of(folder.resolve("l"), folder.resolve("u"));
      var words = new ArrayList<>(List.of("-N", "-L", near.getFirst() + ":" + target));
      words.addAll(List.of("-L", near.getLast() + ":" + address.getPath()));
      words.add(server.address());
      try (var ssh =
          PeerProcess.start("ssh", server.client("ssh", words), folder.resolve("ssh.log"))) {
        Awaitility.await().atMost(PATIENCE).until(() -> near.stream().allMatch(Files::exists));
        for (var socket : near) {
          try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
          }
        }
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(() ->
                assertThat(ssh.output().split("open failed: [a-z ]+: open failed", -1)).hasSize(3));
      }
      for (var back :
          List.of("0:" + target, folder.resolve("back") + ":127.0.0.1:" + port.getLocalPort())) {
        var tried = server.ssh(List.of("-oExitOnForwardFailure=yes", "-N", "-R", back));
        assertThat(tried.exitStatus()).isNotZero();
        assertThat(tried.stderr()).contains("forwarding failed");
      }
      assertThat(server.sshd().log())
          .contains("refused local port forward", "refused streamlocal port forward");
      assertThat(socketThere.accept()).isNull();
      port.setSoTimeout(1);
      assertThatThrownBy(port::accept).isInstanceOf(SocketTimeoutException.class);
    }
    assertThat(folder.resolve("back")).doesNotExist();
  }

  @Test
  void neither_stdio_nor_a_proxy_leads_any_further() throws Exception {
    try (var target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var stdio = server.ssh(List.of("-W", "127.0.0.1:" + target.getLocalPort()));
      assertRefused(stdio, "open failed");

      var proxy = freePort();
      var words = List.of("-N", "-oExitOnForwardFailure=yes", "-D", "127.0.0.1:" + proxy);
      var builder = server.client("ssh", join(words, server.address()));
      try (var ssh = PeerProcess.start("ssh", builder, folder.resolve("ssh.log"));
          var socks = connected(proxy, ssh)) {
        var out = new DataOutputStream(socks.getOutputStream());
        out.write(new byte[] {5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1});
        out.writeShort(target.getLocalPort());
        // That it takes no password, that it connects, and that it did not.
        assertThat(socks.getInputStream().readAllBytes()).startsWith(5, 0);
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(ssh.output()).contains("open failed"));
      }
      target.setSoTimeout(1);
      assertThatThrownBy(target::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  private static List<String> join(List<String> words, String last) {
    var all = new ArrayList<>(words);
    all.add(last);
    return all;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Socket connected(int port, PeerProcess listener) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .ignoreException(ConnectException.class)
        .until(
            () -> {
              assertThat(listener.isAlive()).as(listener.output()).isTrue();
              return new Socket(InetAddress.getLoopbackAddress(), port);
            },
            Objects::nonNull);
  }

  // ── Limits ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void too_many_paths_or_bytes_are_refused_by_the_name_of_the_limit() {
    var few = server.newKey("few", "--max-paths", "2");
    var light = server.newKey("light", "--max-bytes", "10KiB");
    for (var scheme : List.of("ssh", "ssh-ng")) {
      var before = server.far().validPaths().size();
      var paths = new ArrayList<StorePath>();
      for (var i = 0; i < 3; i++) {
        paths.add(server.near().addText(scheme + i, scheme + i));
      }
      var big = server.near().addText(scheme + "-big", "x".repeat(100_000));

      var many = server.copy(few, scheme, paths.toArray(StorePath[]::new));
      var much = server.copy(light, scheme, big);

      assertThat(many.exitStatus()).isNotZero();
      // Over ssh:// on stderr, over ssh-ng:// in the protocol's own words.
      assertThat(many.stderr()).contains("refused: more than 2 paths in one session (--max-paths)");
      assertThat(much.exitStatus()).isNotZero();
      assertThat(much.stderr())
          .contains("refused: more than 10240 bytes in one session (--max-bytes)");
      assertThat(server.far().validPaths()).hasSizeBetween(before, before + 2).doesNotContain(big);
      server.copy(few, scheme, paths.get(0), paths.get(1)).orFail("what keeps to the limits");
    }
  }

  @Test
  void a_client_that_falls_silent_is_sent_away_by_the_name_of_the_limit() {
    var hasty = server.newKey("hasty", "--timeout", "1s");
    var silent = new ArrayList<PipedProcess>();
    try {
      for (var command :
          List.of(
              "nix-store --serve --write",
              "nix-daemon --stdio",
              "HOOKQ_WIRE=1:zstd nix-store --serve --write")) {
        var words = List.of(server.address(), command + " --store " + server.far().localUri());
        silent.add(PipedProcess.start(server.client(hasty, "ssh", words)));
      }
      for (var ssh : silent) {
        assertThat(ssh.awaitExit()).isPresent();
        assertThat(ssh.peerEnd().exitStatus().orElseThrow()).isNotZero();
        assertThat(ssh.peerEnd().stderrTail())
            .contains("hookq receive: nothing has passed for 1 s (--timeout)")
            .is(Operations.says("hookq receive: nothing has passed for …"));
      }
    } finally {
      silent.forEach(PipedProcess::close);
    }
  }

  @Test
  void a_key_that_may_copy_may_neither_build_nor_collect() {
    var path = server.near().addText("kept", "kept");
    server.copy("ssh", path).orFail("nix copy");
    var uri = "ssh-ng://%s@%s".formatted(server.sshd().user(), server.sshd().host());

    var collected = server.nix("store", "gc", "--store", uri);
    var dumped = server.nix("store", "ping", "--store", uri);
    var verified =
        server.nix("store", "repair", "--store", uri, server.near().storeDir().print(path));

    assertThat(collected.exitStatus()).isNotZero();
    assertThat(collected.stderr()).contains("CollectGarbage");
    assertThat(dumped.exitStatus()).as(dumped.stderr()).isZero();
    assertThat(verified.exitStatus()).isNotZero();
    assertThat(server.far().validPaths()).containsExactly(path);
  }

  private Path script(Path file, String text) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  @Test
  void programs_are_ours_to_find_see_a_clean_environment_and_say_how_they_end() throws Exception {
    var bin = folder.folder("bin");
    // What else is on stderr is the business of the account's shell.
    var environment = folder.resolve("environment");
    script(bin.resolve("nix-store"), "exec /usr/bin/env >" + environment + "\n");
    var failing = script(bin.resolve("nix-daemon"), "echo the disk is on fire >&2; exit 3\n");
    try (var spied = Receiving.in(folder.resolve("s"), "--path", bin.toString())) {
      // As much as sshd lets a client say, and a good deal more than it does by itself.
      var said = "NIX_CONFIG=sandbox=false NIX_REMOTE=daemon HOOKQ_WIRE=1:zstd LC_ALL=C";
      var seen = spied.ssh(List.of("-oSetEnv=" + said), "/somewhere/bin/nix-store --serve --write");
      var failed = spied.ssh(List.of(), "nix-daemon --stdio");
      Files.delete(failing);
      var missing = spied.ssh(List.of(), "nix-daemon --stdio");

      assertThat(seen.exitStatus()).isZero();
      assertThat(seen.stdout()).as("no answer to an offer that is in the environment").isEmpty();
      assertThat(Files.readAllLines(environment))
          .extracting(line -> line.substring(0, line.indexOf('=')))
          .as("sshd sets NIX_CONF_DIR and SSH_… for all it starts")
          .contains("HOME", "PATH")
          .isSubsetOf("HOME", "PATH", "USER", "LOGNAME", "PWD", "SHLVL", "_");
      assertThat(failed.exitStatus()).isEqualTo(3);
      assertThat(failed.stderr()).endsWith("the disk is on fire\n").doesNotContain("hookq receive");
      assertThat(missing.exitStatus()).isEqualTo(127);
      assertThat(missing.stderr()).contains("nix-daemon: not found in " + bin);
      Files.delete(bin.resolve("nix-store"));
      assertThat(spied.ssh(List.of(), "nix-store --serve --write").stderr())
          .is(Operations.says("hookq receive: nix-store: not found in …"));
    }
  }

  @Test
  void neither_the_clients_agent_nor_its_screen_is_lent_to_the_server() throws Exception {
    var bin = folder.folder("bin");
    script(
        bin.resolve("nix-store"), "PATH=/usr/bin:/bin; tr '\\0' '\\n' </proc/$PPID/environ >&2\n");
    try (var spied = Receiving.in(folder.resolve("s"), "--path", bin.toString());
        var agent = AgentPeer.in(folder.folder("a"))) {
      var free = spied.sshd().newKey("free", "ed25519", "");
      spied.sshd().authorize(free, Receiving.command(spied.far(), "--path", bin.toString()));

      var restricted = borrowing(spied, agent, spied.key());
      var unrestricted = borrowing(spied, agent, free);

      assertThat(restricted.stderr())
          .contains("SSH_CONNECTION=", "X11 forwarding request failed")
          .doesNotContain("SSH_AUTH_SOCK=", "DISPLAY=", "SSH_TTY=");
      assertThat(unrestricted.stderr())
          .as("without restrict it would be, which shows that we look at the right place")
          .contains("SSH_CONNECTION=", "SSH_AUTH_SOCK=");
    }
  }

  private static Finished borrowing(Receiving server, AgentPeer agent, Path key) {
    var words = List.of("-A", "-Y", server.address(), "nix-store --serve --write");
    var ssh = server.client(key, "ssh", words);
    ssh.environment().put("SSH_AUTH_SOCK", agent.socket().toString());
    ssh.environment().put("DISPLAY", "127.0.0.1:7");
    return PeerProcess.run(ssh);
  }

  @Test
  void who_keeps_what_can_be_listed() {
    var path = server.near().addText("listed", "listed");
    server.copy("ssh", path).orFail("nix copy");

    // By a user without a name, whom a container may have.
    var words = new ArrayList<>(Receiving.program());
    words.add(1, "-Duser.name=?");
    words.addAll(List.of("receive", "--store", server.far().localUri()));
    var served = PeerProcess.run(new ProcessBuilder(words));
    words.addAll(List.of("--list", "--json"));
    var listed = PeerProcess.run(new ProcessBuilder(words)).orFail("hookq receive --list");

    assertThat(served.exitStatus()).isEqualTo(2);
    assertThat(served.stderr()).startsWith("hookq: --name is needed: ").hasLineCount(1);

    assertThat(listed.stdout())
        .contains("\"name\":\"macbook\"")
        .contains("\"path\":\"" + server.far().storeDir().print(path) + "\"");
  }
}
