package io.hookq.daemon.receive;

import java.util.List;

/** The programs that an upload key may have started, each in one form only. */
enum Program {
  /** What {@code ssh://} stores speak to. */
  SERVE("nix-store", "--serve --write"),
  /** What {@code ssh-ng://} stores speak to. */
  DAEMON("nix-daemon", "--stdio");

  private final String file;
  private final String arguments;

  Program(String file, String arguments) {
    this.file = file;
    this.arguments = arguments;
  }

  /** Its file's name. */
  String file() {
    return file;
  }

  /** What follows it, but for the store. */
  List<String> arguments() {
    return List.of(arguments.split(" ", -1));
  }

  /** As a client would spell it. */
  @Override
  public String toString() {
    return file + " " + arguments;
  }
}
