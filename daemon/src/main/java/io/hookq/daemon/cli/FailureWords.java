package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlRefusedException;
import io.hookq.daemon.control.ControlUnreachableException;
import io.hookq.store.InvalidStorePathException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What the user is told of a command that failed, and how it exits. Stateless. */
final class FailureWords {
  static final String START_THE_DAEMON = "is the daemon running? hookq daemon starts it";

  private FailureWords() {}

  /** Says it on stderr, with its stack where {@code debug} asks for it; returns the exit status. */
  static int say(Exception failure, Console console, boolean debug) {
    var status =
        switch (failure) {
          case CommandFailedException known -> {
            console.say(Console.messageOf(known));
            known.hint().ifPresent(console::hint);
            yield known.exitStatus();
          }
          case ControlUnreachableException unreachable -> {
            console.say(Console.messageOf(unreachable));
            console.hint(hint(unreachable));
            yield ExitStatus.UNREACHABLE;
          }
          case ControlRefusedException refused -> {
            console.say(Console.messageOf(refused));
            yield refused.refusalClass().equals("bad-request")
                ? ExitStatus.USAGE
                : ExitStatus.FAILED;
          }
          case InvalidStorePathException invalid -> {
            console.say(Console.messageOf(invalid));
            yield ExitStatus.USAGE;
          }
          case FileSystemException file -> {
            console.say(describe(file));
            yield ExitStatus.FAILED;
          }
          default -> {
            console.say(Console.messageOf(failure));
            yield ExitStatus.FAILED;
          }
        };
    if (debug) {
      failure.printStackTrace(console.err());
    }
    return status;
  }

  private static String hint(ControlUnreachableException unreachable) {
    return unreachable.isDenied()
        ? "root, the daemon's user and members of daemon.allow-group may speak to it"
        : START_THE_DAEMON;
  }

  /** Java's message for these is the bare file name. */
  private static String describe(FileSystemException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file: " + failure.getFile();
      case AccessDeniedException _ -> "permission denied: " + failure.getFile();
      case FileAlreadyExistsException _ -> "something is in the way: " + failure.getFile();
      default -> Console.messageOf(failure);
    };
  }
}
