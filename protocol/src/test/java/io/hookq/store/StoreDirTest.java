package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoreDirTest {
  private static final String BASE = "i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt";

  @Test
  void a_path_is_printed_as_it_was_read() {
    var path = StoreDir.DEFAULT.parse("/nix/store/" + BASE);
    assertThat(path.hashPart()).isEqualTo("i9pmrzmpshapij2kin22pff6fc2adavx");
    assertThat(path.name()).isEqualTo("hello.txt");
    assertThat(StoreDir.DEFAULT.print(path)).isEqualTo("/nix/store/" + BASE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/nix/store",
        "/nix/store/",
        BASE,
        "/nix/storX/" + BASE,
        "/nix/store/" + BASE + "/bin"
      })
  void anything_but_one_component_below_the_directory_is_refused(String text) {
    assertThatThrownBy(() -> StoreDir.DEFAULT.parse(text))
        .isInstanceOf(InvalidStorePathException.class)
        .hasMessageStartingWith("not a store path: '" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nix/store", "/", "//nix", "/nix/", "/nix//store", "/nix/./store", "/.."})
  void a_directory_has_one_spelling(String path) {
    assertThatThrownBy(() -> new StoreDir(path)).isInstanceOf(IllegalArgumentException.class);
  }
}
