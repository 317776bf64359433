package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreAddressTest {
  @Test
  void the_roots_are_where_the_store_is() {
    assertThat(StoreAddress.usual().gcRoots()).isEqualTo(Path.of("/nix/var/nix/gcroots"));
    assertThat(StoreAddress.parse("local?root=/a%20b&trusted=1").gcRoots())
        .isEqualTo(Path.of("/a b/nix/var/nix/gcroots"));
    assertThat(StoreAddress.parse("/srv").realStoreDir()).isEqualTo(Path.of("/srv/nix/store"));
    var remote = StoreAddress.parse("unix:///run/nix?root=/srv");
    assertThat(remote.socket()).isEqualTo(Path.of("/run/nix"));
    assertThat(remote.gcRoots()).isEqualTo(Path.of("/srv/nix/var/nix/gcroots"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "file:///tmp",
        "ssh://elsewhere",
        "https://cache.nixos.org",
        "dummy://",
        "local?root=/srv&state=/elsewhere",
        "local?real=/elsewhere",
        "unix:///run/nix?store=/elsewhere",
      })
  void a_store_whose_roots_are_not_known_is_not_received_into(String uri) {
    assertThatThrownBy(() -> StoreAddress.parse(uri)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_client_may_name_the_store_that_is_meant_and_no_other() {
    assertThat(StoreAddress.usual().isMeantBy("auto")).isTrue();
    assertThat(StoreAddress.usual().isMeantBy("daemon")).isTrue();
    assertThat(StoreAddress.usual().isMeantBy("local?root=/tmp")).isFalse();
    var store = StoreAddress.parse("local?root=/srv");
    assertThat(store.isMeantBy("local?root=/srv")).isTrue();
    assertThat(store.isMeantBy("auto")).isFalse();
    assertThat(store.isMeantBy("local?root=/srv/")).isFalse();
  }
}
