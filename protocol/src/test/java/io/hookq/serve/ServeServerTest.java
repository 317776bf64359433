package io.hookq.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class ServeServerTest {
  private static final StoreObject HELLO = StoreObject.file("hello", "hello\n");

  private final MemoryStore store = new MemoryStore();
  private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
  private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

  private int serve(byte[] requests) {
    return serve(new ServeServer(StoreDir.DEFAULT, store), requests);
  }

  private int serve(ServeServer server, byte[] requests) {
    return server.serve(new ByteArrayInputStream(requests), stdout, stderr);
  }

  private String said() {
    return stderr.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "serve28-copy-fresh",
        "serve28-copy-again",
        "serve28-copy-from",
        "serve23-copy-fresh",
        "serve226-copy-fresh",
        "serve234-copy-fresh",
        "serve28-already-valid",
        "serve28-pipelined-ok",
      })
  void answers_as_nix_does(String name) {
    var recording = Recording.of(name);
    recording.validBefore().forEach(store::with);
    assertThat(serve(recording.client())).as(said()).isZero();
    var from = Recording.GREETING; // releases differ in the version that they claim
    assertThat(Arrays.copyOfRange(stdout.toByteArray(), from, stdout.size()))
        .isEqualTo(Arrays.copyOfRange(recording.server(), from, recording.server().length));
  }

  @Test
  void a_wrong_hash_ends_it_after_the_answers_before() {
    var recording = Recording.of("serve28-pipelined-second-fails");
    assertThat(serve(recording.client())).isEqualTo(1);
    assertThat(stdout.toByteArray()).isEqualTo(recording.server());
    assertThat(said()).startsWith("error: hash mismatch importing path");
    assertThat(store.infos()).hasSize(1);
  }

  @Test
  void a_reference_that_is_not_valid_ends_it() {
    var recording = Recording.of("serve28-missing-reference");
    assertThat(serve(recording.client())).isEqualTo(1);
    assertThat(stdout.toByteArray()).isEqualTo(recording.server());
    assertThat(said())
        .isEqualTo("error: path '/nix/store/00000000000000000000000000000020-p' is not valid\n");
    assertThat(store.infos()).isEmpty();
  }

  @Test
  void every_truncation_of_a_conversation_ends_it_and_leaves_nothing_half() {
    var recording = Recording.of("serve28-copy-fresh");
    var objects = recording.objects();
    var known = DestinationStoreContract.paths(objects);
    for (var length = 0; length < recording.client().length; length += 8) {
      var fresh = new MemoryStore();
      new ServeServer(StoreDir.DEFAULT, fresh)
          .serve(
              new ByteArrayInputStream(recording.client(), 0, length),
              new ByteArrayOutputStream(),
              new ByteArrayOutputStream());
      var valid = fresh.infos();
      assertThat(valid.keySet())
          .containsExactlyInAnyOrderElementsOf(known.subList(0, valid.size()));
    }
  }

  @Test
  void nothing_is_added_without_permission_to_write() throws IOException {
    var server = new ServeServer(StoreDir.DEFAULT, store, false);
    assertThat(serve(server, Recording.of("serve28-copy-fresh").client())).isEqualTo(1);
    assertThat(said()).isEqualTo("error: importing paths is not allowed\n");
    assertThat(store.infos()).isEmpty();
  }

  @Test
  void a_nar_that_is_none_is_refused_though_its_hash_is_right() throws IOException {
    var garbage = new byte[120];
    var info = HELLO.as(StoreObject.hash(garbage), garbage.length).info();
    assertThat(serve(conversation(new ServeRequest.AddToStoreNar(info), garbage))).isEqualTo(1);
    assertThat(store.infos()).isEmpty();
  }

  @Test
  void a_nar_that_is_followed_by_garbage_within_its_size_is_refused() throws IOException {
    var padded = Arrays.copyOf(HELLO.nar(), HELLO.nar().length + 8);
    var info = HELLO.as(StoreObject.hash(padded), padded.length).info();
    assertThat(serve(conversation(new ServeRequest.AddToStoreNar(info), padded))).isEqualTo(1);
    assertThat(store.infos()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6, 8})
  void what_copying_does_not_need_is_refused(long command) throws IOException {
    assertThat(serve(raw(command))).isEqualTo(1);
    assertThat(said()).contains("is not offered here");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 10, -1, Long.MAX_VALUE})
  void an_unknown_command_is_refused(long command) throws IOException {
    assertThat(serve(raw(command))).isEqualTo(1);
    assertThat(said()).contains("unknown serve command");
  }

  @Test
  void a_dump_of_what_is_not_valid_is_refused_before_its_first_byte() throws IOException {
    var request = new ServeRequest.DumpStorePath(new StorePath("0".repeat(32) + "-p"));
    assertThat(serve(conversation(request, new byte[0]))).isEqualTo(1);
    assertThat(stdout.size()).isEqualTo(Recording.GREETING);
  }

  @Test
  void a_client_that_says_something_else_is_refused() {
    assertThat(serve("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8))).isEqualTo(1);
    assertThat(stdout.size()).isZero();
    assertThat(said()).startsWith("error: ");
  }

  @Test
  void a_path_asked_for_twice_is_answered_once() throws IOException {
    store.with(HELLO);
    var request = new ServeRequest.QueryPathInfos(List.of(HELLO.path(), HELLO.path()));
    assertThat(serve(conversation(request, new byte[0]))).isZero();
    var once = stdout.size();
    stdout.reset();
    assertThat(
            serve(
                conversation(new ServeRequest.QueryPathInfos(List.of(HELLO.path())), new byte[0])))
        .isZero();
    assertThat(once).isEqualTo(stdout.size());
  }

  private static byte[] conversation(ServeRequest request, byte[] behind) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var writer = new WireWriter(bytes);
    Greeting.write(writer);
    request.write(writer, StoreDir.DEFAULT);
    writer.bytes().write(behind);
    writer.flush();
    return bytes.toByteArray();
  }

  private static byte[] raw(long command) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var writer = new WireWriter(bytes);
    Greeting.write(writer);
    writer.writeLong(command);
    writer.flush();
    return bytes.toByteArray();
  }
}
