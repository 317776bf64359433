package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.daemon.receive.ForcedCommand.Preface;
import io.hookq.relay.RefusedException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForcedCommandTest {
  private static ForcedCommand parse(String text) throws RefusedException {
    return ForcedCommand.parse(Optional.of(text));
  }

  @Test
  void both_programs_are_understood_with_and_without_a_store_and_an_offer() throws Exception {
    assertThat(parse("nix-store --serve --write"))
        .isEqualTo(new ForcedCommand(Program.SERVE, Optional.empty(), Preface.NONE));
    assertThat(parse("nix-daemon --stdio"))
        .isEqualTo(new ForcedCommand(Program.DAEMON, Optional.empty(), Preface.NONE));
    assertThat(parse("HOOKQ_WIRE=1:keep nix-daemon --stdio"))
        .isEqualTo(new ForcedCommand(Program.DAEMON, Optional.empty(), Preface.KEEP));
    assertThat(parse("HOOKQ_WIRE=1:zstd nix-store --serve --write --store daemon"))
        .isEqualTo(new ForcedCommand(Program.SERVE, Optional.of("daemon"), Preface.ZSTD));
    assertThat(parse("HOOKQ_WIRE=1:zstd nix-daemon --stdio --store 'local?root=/a b'"))
        .isEqualTo(new ForcedCommand(Program.DAEMON, Optional.of("local?root=/a b"), Preface.ZSTD));
  }

  @Test
  void a_quoted_store_is_read_as_clients_quote_it() throws Exception {
    assertThat(parse("nix-store --serve --write --store 'it'\\''s'").store()).contains("it's");
    assertThat(parse("nix-store --serve --write --store local?root=/x").store())
        .contains("local?root=/x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "  nix-store --serve --write",
        "nix-store  --serve   --write ",
        "'nix-store' '--serve' '--write'",
        "nix-'store' --serve --write",
      })
  void blanks_and_quotes_part_and_join_words_as_in_a_shell(String text) throws Exception {
    assertThat(parse(text))
        .isEqualTo(new ForcedCommand(Program.SERVE, Optional.empty(), Preface.NONE));
  }

  @Test
  void a_command_of_any_length_is_refused_in_no_time_and_few_words() {
    for (var text :
        List.of(
            "nix-store --serve --write --store " + "a".repeat(1 << 20),
            "nix-store --serve --write" + " ".repeat(5000),
            "'".repeat(1 << 20),
            "HOOKQ_WIRE=1:zstd ".repeat(100_000))) {
      assertThatThrownBy(() -> parse(text))
          .isInstanceOf(RefusedException.class)
          .message()
          .hasSizeLessThan(300);
    }
  }

  @Test
  void the_folder_of_a_program_is_the_clients_guess_and_does_not_matter() throws Exception {
    assertThat(parse("/run/current-system/sw/bin/nix-store --serve --write").program())
        .isEqualTo(Program.SERVE);
  }

  @Test
  void no_command_is_a_shell_and_refused_as_one() {
    assertThatThrownBy(() -> ForcedCommand.parse(Optional.empty()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("no shell");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "id",
        "sh -c 'nix-store --serve --write'",
        "scp -t /tmp",
        "/usr/lib/openssh/sftp-server",
        "internal-sftp",
        "nix-store",
        "nix-store --serve",
        "nix-store --write --serve",
        "nix-store --serve --write --store",
        "nix-store --serve --write --store a b",
        "nix-store --serve --write --store a --store b",
        "nix-store --serve --write --option sandbox false",
        "nix-store --serve --write; id",
        "nix-store --serve --write;id",
        "nix-store --serve --write && id",
        "nix-store --serve --write | sh",
        "nix-store --serve --write\nid",
        "nix-store --serve --write\rid",
        "nix-store\t--serve\t--write",
        "nix-store --serve --write --store $(id)",
        "nix-store --serve --write --store `id`",
        "nix-store --serve --write --store \"$HOME\"",
        "nix-store --serve --write --store $HOME",
        "nix-store --serve --write --store 'a",
        "nix-store --serve --write --store 'a\nb'",
        "nix-store --serve --write > /etc/passwd",
        "nix-store --serve --write #",
        "nix-store --serve --write \\",
        "nix-store --serve --write --store a*",
        "'nix-store --serve --write'",
        "x/nix-store --serve --write",
        "nix-store-x --serve --write",
        "evilnix-store --serve --write",
        "nix-daemon",
        "nix-daemon --daemon",
        "nix-daemon --stdio --trust",
        "HOOKQ_WIRE=1:zstd",
        "HOOKQ_WIRE=1:zstd HOOKQ_WIRE=1:zstd nix-daemon --stdio",
        "HOOKQ_WIRE=1:zstd HOOKQ_WIRE=1:keep nix-daemon --stdio",
        "HOOKQ_WIRE=2:zstd nix-daemon --stdio",
        "HOOKQ_WIRE=1:zstd,keep nix-daemon --stdio",
        "HOOKQ_WIRE=1:keep",
        "LD_PRELOAD=/tmp/x nix-daemon --stdio",
        "PATH=/tmp HOOKQ_WIRE=1:zstd nix-daemon --stdio",
        "ｎix-store --serve --write",
        "nix-store --serve --wrıte",
        "nix-store --serve --write\u0000",
        "nix-store --serve --write\u0000 --store x",
        "nix-store --serve --write --store 'a\u0000b'",
        "nix-store --serve --write\u2028id",
        "\u00a0nix-store --serve --write",
        "NIX-STORE --serve --write",
        "nix-store --SERVE --WRITE",
        "nix-store --serve --write --serve --write",
        "nix-store --serve --write --store=auto",
        "nix-store --serve --write --",
        "nix-store --serve --write ''",
        "nix-store '--serve --write'",
        "nix-store -- --serve --write",
        "nix-store --gc",
        "nix-collect-garbage -d",
        "nix-daemon --stdio --store auto --store auto",
        "nix-daemon --serve --write",
        "nix daemon --stdio",
        "nix-build -E x",
        "~/bin/nix-store --serve --write",
        "./nix-store --serve --write",
        "../bin/nix-store --serve --write",
        "/bin/nix-store/ --serve --write",
        "/bin/sh -c nix-store",
        "/nix-store/bin/sh --serve --write",
        "rsync --server . /",
        "git-upload-pack /",
        "scp -f /nix/store",
        "env HOOKQ_WIRE=1:zstd nix-daemon --stdio",
        "export HOOKQ_WIRE=1:zstd nix-daemon --stdio",
        "HOOKQ_WIRE nix-daemon --stdio",
        "HOOKQ_WIRE= nix-daemon --stdio",
        "HOOKQ_WIRE=1 nix-daemon --stdio",
        "HOOKQ_WIRE=1: nix-daemon --stdio",
        "HOOKQ_WIRE=zstd nix-daemon --stdio",
        "HOOKQ_WIRE=1:ZSTD nix-daemon --stdio",
        "HOOKQ_WIRE=1:lz4 nix-daemon --stdio",
        "HOOKQ_WIRE=1:zstd:9 nix-daemon --stdio",
        "HOOKQ_WIRE=01:zstd nix-daemon --stdio",
        "HOOKQ_WIRE=99999999999999999999:zstd nix-daemon --stdio",
        "hookq_wire=1:zstd nix-daemon --stdio",
        "HOOKQ_WIRE =1:zstd nix-daemon --stdio",
        "HOOKQ_WIRE=1:zstd\tnix-daemon --stdio",
        "HOOKQ_WIRE=1:zstd; nix-daemon --stdio",
        "nix-daemon --stdio HOOKQ_WIRE=1:zstd",
        "HOOKQ_WIRE=1:zstd id",
        "HOOKQ_WIRE=1:zstd /bin/sh",
      })
  void anything_else_is_refused_in_one_line(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(RefusedException.class)
        .hasMessageMatching("refused: [ -~…]*");
  }

  @Test
  void what_is_refused_is_shown_without_its_control_characters_and_not_at_any_length() {
    assertThatThrownBy(() -> parse("\u001b[2Jid\n" + "x".repeat(10_000)))
        .hasMessageStartingWith("refused: '?[2Jid?xxx")
        .message()
        .hasSizeLessThan(300);
  }
}
