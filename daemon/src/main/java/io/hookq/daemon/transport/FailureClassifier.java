package io.hookq.daemon.transport;

import io.hookq.daemon.transport.UploadFailure.Denied;
import io.hookq.daemon.transport.UploadFailure.Interrupted;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.daemon.transport.UploadFailure.ServerTrouble;
import io.hookq.daemon.transport.UploadFailure.SourceCorrupt;
import io.hookq.daemon.transport.UploadFailure.SourceTrouble;
import io.hookq.daemon.transport.UploadFailure.SourceUnreadable;
import io.hookq.daemon.transport.UploadFailure.Unreachable;
import io.hookq.ssh.SshAuthenticationException;
import io.hookq.ssh.SshChannelRefusedException;
import io.hookq.ssh.SshConfigException;
import io.hookq.ssh.SshException;
import io.hookq.ssh.SshHostKeyException;
import io.hookq.ssh.SshUnreachableException;
import io.hookq.store.HandshakeException;
import io.hookq.store.NarMismatchException;
import io.hookq.store.PeerException;
import io.hookq.store.SecretKeyException;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The one place that decides what a failure means. Pure. */
public final class FailureClassifier {
  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;

  /** What a full disk sounds like, on Linux, on macOS, in SQLite, and with quotas. */
  private static final List<String> FULL =
      List.of("No space left on device", "database or disk is full", "Disk quota exceeded");

  private static final String FULL_HINT = "the server's disk is full";

  private FailureClassifier() {}

  /**
   * What {@code e} means.
   *
   * @param sending the path that was being read and sent, if one was
   */
  public static UploadFailure of(IOException e, Optional<StorePath> sending) {
    return switch (e) {
      case NarMismatchException mismatch -> new SourceCorrupt(mismatch.path(), words(e));
      case SourceReadException _ ->
          sending.isPresent()
              ? new SourceUnreadable(sending.get(), words(e))
              : new SourceTrouble(words(e));
      case InterruptedIOException _, ClosedByInterruptException _ -> new Interrupted(words(e));
      case SshException ssh -> of(ssh);
      case SecretKeyException _ -> new SourceTrouble(words(e));
      case HandshakeException handshake ->
          ofEnd(handshake, handshake.stderrTail(), handshake.exitStatus(), Optional.empty());
      case PeerException peer -> ofEnd(peer, peer.stderrTail(), peer.exitStatus(), peer.suspect());
      default -> new Unreachable(words(e), Optional.empty());
    };
  }

  /**
   * What it means that a peer refused {@code path} with these words and goes on: its verdict on the
   * path, or on whatever comes.
   */
  public static UploadFailure ofRefusal(StorePath path, String words) {
    return isFull(words)
        ? new ServerTrouble(words, Optional.of(FULL_HINT))
        : new Refused(path, Refusal.of(words), words);
  }

  private static boolean isFull(String words) {
    return FULL.stream().anyMatch(words::contains);
  }

  private static UploadFailure of(SshException e) {
    return switch (e) {
      case SshUnreachableException _ -> new Unreachable(words(e), e.hint());
      case SshAuthenticationException _ -> new Denied(words(e), e.hint());
      case SshHostKeyException _ -> new Denied(words(e), e.hint());
      case SshChannelRefusedException _ -> new ServerTrouble(words(e), e.hint());
      case SshConfigException _ -> new Denied(words(e), e.hint());
    };
  }

  private static UploadFailure ofEnd(
      IOException e, String stderr, OptionalInt status, Optional<StorePath> suspect) {
    if (status.isPresent() && isNoProgram(status.getAsInt())) {
      return new ServerTrouble(
          words(e),
          Optional.of(
              "nix-store (nix-daemon for ssh-ng) is not in the PATH of the server's non-interactive"
                  + " shell; set remote-program, to /run/current-system/sw/bin/nix-store or"
                  + " /nix/var/nix/profiles/default/bin/nix-store for example"));
    }
    if (isFull(stderr)) {
      return new ServerTrouble(words(e), Optional.of(FULL_HINT));
    }
    if (e instanceof HandshakeException) {
      return isVerdict(stderr, status) || e.getCause() == null
          ? new ServerTrouble(words(e), chatty(e))
          : new Unreachable(words(e), Optional.empty());
    }
    // A broken carrier explains itself, whatever warnings the peer had written before.
    if (status.isEmpty() && ssh(e).isPresent()) {
      return new Unreachable(words(e), ssh(e).get().hint());
    }
    if (!isVerdict(stderr, status)) {
      return new Unreachable(words(e), Optional.empty());
    }
    return suspect
        .<UploadFailure>map(path -> new Refused(path, Refusal.of(stderr), words(e)))
        .orElseGet(() -> new ServerTrouble(words(e), Refusal.of(stderr).hint()));
  }

  private static Optional<String> chatty(IOException e) {
    return words(e).contains("speaks something else")
        ? Optional.of(
            "a .bashrc or the like writes where a program's output is expected, or a forced command"
                + " (command=\"…\" in authorized_keys)"
                + " or a restricted shell runs something else for this key")
        : Optional.empty();
  }

  /** An exit status says that the program decided to end; its words say so where none arrived. */
  private static boolean isVerdict(String stderr, OptionalInt status) {
    return status.isPresent() || stderr.contains("error:");
  }

  private static boolean isNoProgram(int status) {
    return status == NOT_FOUND || status == NOT_EXECUTABLE;
  }

  private static Optional<SshException> ssh(Throwable e) {
    for (var cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SshException found) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  private static String words(Throwable e) {
    var message = e.getMessage();
    return message == null || message.isBlank() ? e.toString() : message.strip();
  }
}
