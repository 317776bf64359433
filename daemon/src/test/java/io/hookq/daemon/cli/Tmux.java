package io.hookq.daemon.cli;

import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A terminal to type into and to look at: one window of a tmux server of its own. */
final class Tmux implements AutoCloseable {
  private final Path socket;
  private final String program;

  private Tmux(Path socket, String program) {
    this.socket = socket;
    this.program = program;
  }

  /** A terminal in which {@code shell} runs. */
  static Tmux start(Path folder, int columns, int rows, String... shell) {
    var tmux = new Tmux(folder.resolve("tmux"), Peers.require("tmux").toString());
    var words = new ArrayList<>(List.of("-f", "/dev/null", "new-session", "-d"));
    words.addAll(List.of("-x", "" + columns, "-y", "" + rows));
    words.addAll(Arrays.asList(shell));
    tmux.run(words.toArray(String[]::new));
    return tmux;
  }

  private String run(String... arguments) {
    var words = new ArrayList<>(List.of(program, "-u", "-S", socket.toString()));
    words.addAll(Arrays.asList(arguments));
    var builder = new ProcessBuilder(words);
    builder.environment().remove("TMUX");
    builder.environment().put("LC_ALL", "C.UTF-8");
    return PeerProcess.run(builder).orFail("tmux").stdout();
  }

  /** Types a line. */
  void type(String line) {
    run("send-keys", "-l", line);
    press("Enter");
  }

  /** Presses a key by tmux's name of it, such as {@code C-c}. */
  void press(String key) {
    run("send-keys", key);
  }

  /** What the terminal shows. */
  String screen() {
    return run("capture-pane", "-p");
  }

  /** What one of tmux's own variables says. */
  String ask(String variable) {
    return run("display-message", "-p", "#{" + variable + "}").strip();
  }

  /** Copies all that the terminal is sent from now on into {@code file}. */
  void record(Path file) {
    run("pipe-pane", "-O", "cat >>'" + file + "'");
  }

  /** Makes the terminal larger or smaller. */
  void resize(int columns, int rows) {
    run("resize-window", "-x", "" + columns, "-y", "" + rows);
  }

  @Override
  public void close() {
    run("kill-server");
  }
}
