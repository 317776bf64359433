package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownHostsTest {
  private static final PublicKeyText ONE = PublicKeyText.parse(GeneratedKey.ed25519().publicLine());
  private static final PublicKeyText TWO = PublicKeyText.parse(GeneratedKey.ed25519().publicLine());

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "server; server; 22; true",
        "SERVER; Server; 22; true",
        "a,server,b; server; 22; true",
        "*.example; build.example; 22; true",
        "*.example; example; 22; false",
        "*.example,!bad.example; bad.example; 22; false",
        "!bad.example,*.example; good.example; 22; true",
        "!server; server; 22; false",
        "serve?; server; 22; true",
        "[server]:2222; server; 2222; true",
        "[server]:2222; server; 22; false",
        "[server]:2222; server; 2223; false",
        "server; server; 2222; true",
        "[*]:2222; server; 2222; true",
        "fd00::1; fd00::1; 22; true",
        "[fd00::1]:2222; fd00::1; 2222; true",
        "server2; server; 22; false"
      })
  void a_line_speaks_of_the_hosts_it_names(String hosts, String host, int port, boolean known)
      throws IOException {
    var verdict = read(hosts + " " + ONE, host, port).judge(ONE);
    assertThat(verdict)
        .isInstanceOf(known ? KnownHosts.Verdict.Known.class : KnownHosts.Verdict.Unknown.class);
  }

  @Test
  void comments_empty_lines_and_nonsense_are_passed_over() throws IOException {
    String text =
        """
        # server ssh-ed25519 AAAA

        server
        server ssh-ed25519
        server ssh-ed25519 no-base64!
        |1|nonsense ssh-ed25519 AAAA
        |1|!!|!! ssh-ed25519 AAAA
        @nonsense server %s
          server   %s  with a comment
        """
            .formatted(ONE, ONE);
    var known = read(text, "server", 22);
    assertThat(known.lines()).hasSize(1);
    assertThat(known.lines().getFirst().number()).isEqualTo(9);
  }

  @Test
  void another_key_for_the_same_name_is_a_change() throws IOException {
    assertThat(read("server " + ONE, "server", 22).judge(TWO))
        .isInstanceOf(KnownHosts.Verdict.Changed.class);
  }

  @Test
  void another_key_on_another_port_is_no_change() throws IOException {
    assertThat(read("server " + ONE, "server", 2222).judge(TWO))
        .isInstanceOf(KnownHosts.Verdict.Unknown.class);
    assertThat(read("server " + ONE + "\n[server]:2222 " + TWO, "server", 2222).judge(ONE))
        .isInstanceOf(KnownHosts.Verdict.Changed.class);
  }

  @Test
  void revoked_counts_on_every_port_and_for_that_key_only() throws IOException {
    String text = "@revoked server " + ONE + "\n[server]:2222 " + ONE + "\nserver " + TWO;
    assertThat(read(text, "server", 2222).judge(ONE))
        .isInstanceOf(KnownHosts.Verdict.Revoked.class);
    assertThat(read(text, "server", 22).judge(TWO)).isInstanceOf(KnownHosts.Verdict.Known.class);
    assertThat(read(text, "server", 22).types()).containsExactly("ssh-ed25519");
    assertThat(read("@revoked server " + ONE, "server", 22).types()).isEmpty();
  }

  @Test
  void missing_files_are_empty_and_unreadable_ones_are_told() {
    var known = KnownHosts.read(List.of(folder.resolve("missing"), folder), "server", 22);
    assertThat(known.lines()).isEmpty();
    assertThat(known.unreadable()).singleElement().asString().contains(folder.toString());
  }

  @Test
  @Timeout(20)
  void a_pattern_of_many_stars_takes_no_time() {
    assertThat(KnownHosts.glob("*a".repeat(200) + "b", "a".repeat(2000))).isFalse();
    assertThat(KnownHosts.glob("**", "")).isTrue();
    assertThat(KnownHosts.glob("", "")).isTrue();
    assertThat(KnownHosts.glob("a*b*c", "aXbYbZc")).isTrue();
  }

  private KnownHosts read(String text, String host, int port) throws IOException {
    Path file = Files.writeString(folder.resolve("known_hosts"), text);
    return KnownHosts.read(List.of(file), host, port);
  }
}
