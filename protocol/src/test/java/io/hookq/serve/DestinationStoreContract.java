package io.hookq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.store.DestinationStore;
import io.hookq.store.NarHash;
import io.hookq.store.NarMismatchException;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerException;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link DestinationStore} does, whatever it speaks and over whatever: for suites that
 * bring a peer.
 */
@Timeout(120)
public abstract class DestinationStoreContract {
  private static final NarHash WRONG_HASH = new NarHash("0".repeat(64));

  /** A new connection to the far store, which is the same all through a test and empty at first. */
  protected abstract DestinationStore connect() throws IOException;

  /** What is valid in the far store, without registration times. */
  protected abstract Map<StorePath, PathInfo> far() throws IOException;

  /**
   * Fails if a store object at the far end is not what is said of it.
   *
   * @throws IOException if the far store cannot be asked
   */
  protected void verify() throws IOException {}

  /** Whether one refused path ends the connection, as it does in a protocol without errors. */
  protected boolean refusalEndsConnection() {
    return true;
  }

  @Test
  protected void what_was_added_is_valid_with_all_that_was_said_of_it() throws IOException {
    // Recorded from Nix: with signatures, derivers, a self reference and content addresses.
    var objects = Recording.of("serve28-copy-fresh").objects();
    var log = new AnswerLog();
    try (var store = connect()) {
      assertThat(store.queryValid(paths(objects), false)).isEmpty();
      for (var object : objects) {
        store.add(object.info(), object, log);
      }
      store.drain();
      assertThat(store.queryValid(paths(objects), false)).isEqualTo(Set.copyOf(paths(objects)));
    }
    assertThat(log.added()).isEqualTo(paths(objects));
    assertThat(far())
        .isEqualTo(
            objects.stream()
                .collect(Collectors.toMap(StoreObject::path, o -> withoutTime(o.info()))));
    verify();
  }

  @Test
  void a_store_without_anything_to_say_can_be_drained_and_closed_again_and_again()
      throws IOException {
    var store = connect();
    store.drain();
    assertThat(store.queryValid(List.of(), false)).isEmpty();
    store.drain();
    store.close();
    store.close();
    assertThatThrownBy(store::drain).isInstanceOf(IOException.class).hasMessageContaining("closed");
  }

  @Test
  void two_thousand_chained_paths_arrive_in_order() throws IOException {
    var objects = chain(2000);
    var log = new AnswerLog();
    try (var store = connect()) {
      for (var object : objects) {
        store.add(object.info(), object, log);
      }
      store.drain();
    }
    assertThat(log.added()).isEqualTo(paths(objects));
    assertThat(far()).hasSize(objects.size());
    verify();
  }

  @Test
  void a_listener_that_throws_ends_the_connection() throws IOException {
    var object = StoreObject.file("heard", "of");
    for (var thrown : List.of(new IllegalStateException("a bug"), new OutOfMemoryError("a lack"))) {
      try (var store = connect()) {
        // Some wait for the answer before they return.
        assertThatThrownBy(
                () -> {
                  store.add(object.info(), object, new Throwing(thrown));
                  store.drain();
                })
            .isInstanceOf(IOException.class)
            .hasMessageContaining(thrown.getMessage())
            .hasCause(thrown);
        assertThat(store.isStillGood()).isFalse();
      }
    }
  }

  private record Throwing(Throwable thrown) implements DestinationStore.AddListener {
    @Override
    public void added(PathInfo info) {
      switch (thrown) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new AssertionError(thrown);
      }
    }

    @Override
    public void refused(PathInfo info, String reason) {
      throw new AssertionError(reason);
    }
  }

  @Test
  void a_query_between_two_adds_knows_of_the_first() throws IOException {
    var first = StoreObject.file("first", "1");
    var second = StoreObject.file("second", "2", first);
    var log = new AnswerLog();
    try (var store = connect()) {
      store.add(first.info(), first, log);
      assertThat(store.queryValid(paths(List.of(first, second)), false))
          .containsExactly(first.path());
      assertThat(log.added()).containsExactly(first.path());
      store.add(second.info(), second, log);
      assertThat(store.queryValid(paths(List.of(first, second)), false)).hasSize(2);
    }
  }

  @Test
  void what_is_valid_already_is_answered_like_the_rest() throws IOException {
    var object = StoreObject.file("twice", "same");
    var log = new AnswerLog();
    try (var store = connect()) {
      store.add(object.info(), object, log);
      store.add(object.info(), object, log);
      store.drain();
    }
    assertThat(log.added()).containsExactly(object.path(), object.path());
    assertThat(far()).containsOnlyKeys(object.path());
  }

  @Test
  void when_the_second_of_five_is_refused_the_first_is_acknowledged_and_the_second_suspected()
      throws IOException {
    var objects = new ArrayList<>(chain(5));
    var missing = StoreObject.path("missing");
    objects.set(1, objects.get(1).referringTo(List.of(missing)));
    var log = new AnswerLog();
    try (var store = connect()) {
      if (!refusalEndsConnection()) {
        for (var object : objects) {
          store.add(object.info(), object, log);
        }
        store.drain();
        assertThat(log.refused()).startsWith(objects.get(1).path());
      } else {
        var failure =
            catchThrowableOfType(
                PeerException.class,
                () -> {
                  for (var object : objects) {
                    store.add(object.info(), object, log);
                  }
                  store.drain();
                });
        assertThat(failure.suspect()).contains(objects.get(1).path());
        assertThat(failure).hasMessageContaining(missing.baseName());
        assertThat(failure).hasMessageContaining("is not valid");
        assertThatThrownBy(store::drain).isSameAs(failure);
      }
    }
    assertThat(log.added()).containsExactly(objects.getFirst().path());
    assertThat(far()).containsOnlyKeys(objects.getFirst().path());
    verify();
  }

  @Test
  void a_nar_with_another_hash_never_becomes_valid() throws IOException {
    var object = StoreObject.file("wrong-hash", "content");
    refuses(object.as(WRONG_HASH, object.nar().length), NarMismatchException.class);
  }

  @Test
  void a_nar_that_is_too_short_never_becomes_valid() throws IOException {
    var object = StoreObject.file("short", "content");
    refuses(
        object.as(object.info().narHash(), object.nar().length + 8), NarMismatchException.class);
  }

  @Test
  void a_nar_that_is_too_long_never_becomes_valid() throws IOException {
    var object = StoreObject.file("long", "content");
    refuses(
        object.as(object.info().narHash(), object.nar().length - 8), NarMismatchException.class);
  }

  @Test
  void a_big_nar_whose_last_byte_differs_never_becomes_valid() throws IOException {
    var object = StoreObject.file("big", "x".repeat(3_000_000));
    var changed = object.nar().clone();
    changed[changed.length - 40] ^= 1;
    refuses(new StoreObject(object.info(), changed), NarMismatchException.class);
  }

  @Test
  void a_nar_that_cannot_be_read_to_its_end_never_becomes_valid() throws IOException {
    var object = StoreObject.file("unreadable", "content");
    NarSource broken =
        out -> {
          out.write(object.nar(), 0, object.nar().length - 8);
          throw new SourceReadException("a bad sector");
        };
    refuses(object.info(), broken, SourceReadException.class);
  }

  @Test
  void a_source_that_fails_in_its_own_way_is_a_source_that_cannot_be_read() throws IOException {
    var object = StoreObject.file("unreadable", "content");
    NarSource broken =
        out -> {
          throw new IOException("who knows");
        };
    refuses(object.info(), broken, SourceReadException.class);
  }

  @Test
  void a_source_that_crashes_leaves_nothing_valid() throws IOException {
    var object = StoreObject.file("crash", "content");
    NarSource broken =
        out -> {
          out.write(object.nar(), 0, object.nar().length);
          throw new IllegalStateException("a bug");
        };
    refuses(object.info(), broken, IllegalStateException.class);
  }

  private void refuses(StoreObject object, Class<? extends Exception> expected) throws IOException {
    refuses(object.info(), object, expected);
  }

  private void refuses(PathInfo info, NarSource nar, Class<? extends Exception> expected)
      throws IOException {
    var log = new AnswerLog();
    try (var store = connect()) {
      assertThatThrownBy(() -> store.add(info, nar, log)).isInstanceOf(expected);
      if (refusalEndsConnection()) {
        assertThatThrownBy(store::drain).isInstanceOf(IOException.class);
      }
    }
    assertThat(log.added()).isEmpty();
    assertThat(far()).isEmpty();
  }

  @Test
  void bigger_nars_than_the_window_go_through_in_constant_memory() throws IOException {
    var size = 150L << 20;
    var objects = new ArrayList<StorePath>();
    var log = new AnswerLog();
    try (var store = connect()) {
      for (var i = 0; i < 2; i++) {
        var big = new BigFile("big-" + i, size);
        store.add(big.info(), big, log);
        objects.add(big.info().path());
      }
      store.drain();
    }
    assertThat(log.added()).isEqualTo(objects);
  }

  /** {@code length} chained objects, each referring to the one before. */
  static List<StoreObject> chain(int length) {
    var objects = new ArrayList<StoreObject>();
    for (var i = 0; i < length; i++) {
      var name = "link-" + i;
      objects.add(
          i == 0 ? StoreObject.file(name, name) : StoreObject.file(name, name, objects.getLast()));
    }
    return objects;
  }

  static List<StorePath> paths(List<StoreObject> objects) {
    return objects.stream().map(StoreObject::path).toList();
  }

  private static PathInfo withoutTime(PathInfo info) {
    return new PathInfo(
        info.path(),
        info.narHash(),
        info.narSize(),
        info.references(),
        info.deriver(),
        0,
        false,
        info.signatures(),
        info.contentAddress());
  }
}
