package io.hookq.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.serve.AnswerLog;
import io.hookq.serve.StoreObject;
import io.hookq.store.DestinationStore.RegisterListener;
import io.hookq.store.DrvOutput;
import io.hookq.store.Realisation;
import io.hookq.store.SecretKey;
import io.hookq.store.Signature;
import io.hookq.store.StorePath;
import io.hookq.store.TestKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Realisations, over a daemon in memory. */
@Timeout(120)
final class RegisterTest implements RegisterListener {
  private static final DrvOutput ID = new DrvOutput("1".repeat(64), "out");
  private static final DrvOutput BELOW = new DrvOutput("0".repeat(64), "dev");
  private static final StorePath DERIVATION = StoreObject.path("x.drv");

  private final StoreObject object = StoreObject.file("x", "1");
  private final AnswerLog log = new AnswerLog();
  private final List<Realisation> registered = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();

  @Override
  public void registered(Realisation realisation) {
    registered.add(realisation);
  }

  @Override
  public void refused(Realisation realisation, String reason) {
    reasons.add(reason);
  }

  private Realisation realisation(Map<DrvOutput, StorePath> below) {
    return new Realisation(
        ID, Optional.of(DERIVATION), object.path(), new TreeMap<>(below), List.of());
  }

  /** Adds the path and registers it in one breath. */
  private void register(WorkerServer server, Realisation realisation, List<SecretKey> keys)
      throws IOException {
    try (var store = server.connect().open()) {
      store.add(object.info(), object, log);
      store.register(realisation, keys, this);
      store.drain();
      assertThat(store.isStillGood()).isTrue();
    }
    assertThat(log.added()).containsExactly(object.path());
  }

  @ParameterizedTest
  @ValueSource(ints = {27, 30, 31, 37, 38})
  void a_realisation_arrives_behind_its_path_in_every_version_that_has_them(int minor)
      throws IOException {
    var server = new WorkerServer(new WorkerVersion(1, minor));
    register(server, realisation(Map.of(BELOW, object.path())), List.of());
    assertThat(registered).hasSize(1);
    assertThat(server.realisations())
        .containsOnlyKeys(ID.id())
        .containsValue(
            minor < 31
                ? object.path().baseName()
                : "{\"dependentRealisations\":{\"%s\":\"%s\"},\"id\":\"%s\",\"outPath\":\"%s\",\"signatures\":[]}"
                    .formatted(BELOW, object.path(), ID, object.path()));
    assertThat(server.operations()).containsSubsequence(39L, 42L, 31L);
  }

  @Test
  void a_daemon_that_names_outputs_by_path_is_told_the_derivation_and_of_nothing_without_one()
      throws IOException {
    var server =
        new WorkerServer(WorkerVersion.OURS).offering(WorkerHandshake.REALISATION_WITH_PATH);
    register(server, realisation(Map.of(BELOW, object.path())), List.of());
    assertThat(server.realisations())
        .isEqualTo(Map.of(DERIVATION + "^out", object.path().baseName()));
    try (var store = server.connect().open()) {
      store.register(
          new Realisation(BELOW, Optional.empty(), object.path(), new TreeMap<>(), List.of()),
          List.of(),
          this);
    }
    assertThat(server.realisations()).hasSize(1);
    assertThat(registered).hasSize(2);
    assertThat(reasons).isEmpty();
  }

  @Test
  void an_old_daemon_is_asked_nothing_and_said_to_be_too_old() throws IOException {
    var server = new WorkerServer(new WorkerVersion(1, 26));
    register(server, realisation(Map.of()), List.of());
    assertThat(reasons).singleElement().asString().contains("older than Nix 2.4");
    assertThat(server.operations()).doesNotContain(42L);
  }

  @Test
  void a_daemon_that_keeps_none_is_not_asked_again_and_the_connection_goes_on() throws IOException {
    var server = new WorkerServer(WorkerVersion.OURS);
    server.refuseRealisations("experimental Nix feature 'ca-derivations' is disabled; use …");
    var next = StoreObject.file("next", "2");
    try (var store = server.connect().open()) {
      assertThat(store.takesRealisations()).isTrue();
      store.add(object.info(), object, log);
      store.register(realisation(Map.of()), List.of(), this);
      store.register(realisation(Map.of()), List.of(), this);
      store.add(next.info(), next, log);
      store.drain();
      assertThat(store.takesRealisations()).isFalse();
      assertThat(store.isStillGood()).isTrue();
    }
    assertThat(log.added()).containsExactly(object.path(), next.path());
    assertThat(reasons).hasSize(2).allMatch(reason -> reason.contains("'ca-derivations'"));
  }

  @Test
  void our_keys_sign_what_a_daemon_checks_that_names_outputs_by_hash() throws Exception {
    signs(
        WorkerServer.namingOutputsByHash(),
        ID.id(),
        "{\"dependentRealisations\":{},\"id\":\"%s\",\"outPath\":\"%s\"}"
            .formatted(ID, object.path()));
  }

  @Test
  void our_keys_sign_what_a_daemon_checks_that_names_outputs_by_path() throws Exception {
    signs(
        WorkerServer.namingOutputsByPath(),
        DERIVATION + "^out",
        "{\"key\":{\"drvPath\":\"%s\",\"outputName\":\"out\"},\"value\":{\"outPath\":\"%s\"}}"
            .formatted(DERIVATION, object.path()));
  }

  /** Each of two keys signs those words, and a signature that was there stays. */
  private void signs(WorkerServer server, String output, String words) throws Exception {
    var theirs = new Signature("theirs", "AAAA");
    var one = TestKey.generate("one-1");
    var other = TestKey.generate("other-1");
    register(
        server, realisation(Map.of()).with(List.of(theirs)), List.of(one.secret(), other.secret()));
    var signatures = server.signaturesOf(output);
    assertThat(signatures).hasSize(3).contains(theirs);
    assertThat(one.signed(words, signatures)).isTrue();
    assertThat(other.signed(words, signatures)).isTrue();
    assertThat(one.signed(words + " ", signatures)).isFalse();
  }

  @Test
  void what_is_signed_is_json_without_spaces_and_signatures() {
    var realisation = realisation(Map.of(BELOW, object.path()));
    assertThat(new String(realisation.fingerprintByHash(), UTF_8))
        .isEqualTo(
            "{\"dependentRealisations\":{\"%s\":\"%s\"},\"id\":\"%s\",\"outPath\":\"%s\"}"
                .formatted(BELOW, object.path(), ID, object.path()));
    assertThat(new String(realisation.fingerprintByPath(), UTF_8))
        .isEqualTo(
            "{\"key\":{\"drvPath\":\"%s\",\"outputName\":\"out\"},\"value\":{\"outPath\":\"%s\"}}"
                .formatted(DERIVATION, object.path()));
  }
}
