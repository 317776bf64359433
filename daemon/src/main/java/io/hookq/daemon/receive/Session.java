package io.hookq.daemon.receive;

import io.hookq.relay.RefusedException;
import io.hookq.relay.Relay;
import io.hookq.wire.WireFormatException;
import io.hookq.zstd.KeepPromise;
import io.hookq.zstd.ZstdOffer;
import io.hookq.zstd.ZstdOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One conversation: a client on our stdin and stdout, a program behind a relay.
 *
 * <p>Two threads pass bytes, one each way; the caller's waits for the program to end. The program
 * ends when its input does, which is when the client has ended, was refused, or broke the protocol;
 * so there is one way out for all.
 */
final class Session {
  private static final int FAILED = 1;

  /** For a program that has nobody left to hear it, and one that has fallen silent. */
  private static final Duration LAST_BREATH = Duration.ofSeconds(30);

  /**
   * For a program that works on although its client has ended, from the last byte on: Nix does not
   * come to the end of some NARs whose lengths were tampered with.
   */
  private static final Duration PARTING = Duration.ofMinutes(5);

  private final Relay relay;
  private final Process program;
  private final Runnable beforeEnd;
  private final Duration parting;
  private final Progress progress = new Progress();

  /** Why it ended, if that is for us to say. */
  private final AtomicReference<String> complaint = new AtomicReference<>();

  /** A conversation; {@code beforeEnd} runs while the program is told nothing of its end yet. */
  Session(Relay relay, Process program, Runnable beforeEnd) {
    this(relay, program, beforeEnd, PARTING);
  }

  Session(Relay relay, Process program, Runnable beforeEnd, Duration parting) {
    this.relay = relay;
    this.program = program;
    this.beforeEnd = beforeEnd;
    this.parting = parting;
  }

  /** What to exit with, and what to say before. */
  record Ending(int status, Optional<String> complaint) {}

  /** Runs until the program has ended. */
  Ending run(InputStream client, OutputStream answers, Optional<Duration> stall)
      throws InterruptedException {
    return pass(progress.watch(client), progress.watch(answers), stall);
  }

  /** The same behind zstd, which the client is told of first. */
  Ending runCompressed(InputStream client, OutputStream answers, Optional<Duration> stall)
      throws IOException, InterruptedException {
    ZstdOffer.accept(answers);
    // Neither is closed: the process ends now, or a reader of stdin may be blocked in it for good.
    return pass(
        ZstdOffer.behindGreeting(progress.watch(client)),
        ZstdOutput.onto(progress.watch(answers)),
        stall);
  }

  /** The same, the client told first what is kept of what it pushes. */
  Ending runPromising(
      KeepPromise promise, InputStream client, OutputStream answers, Optional<Duration> stall)
      throws IOException, InterruptedException {
    promise.write(answers);
    return run(client, answers, stall);
  }

  private Ending pass(InputStream in, OutputStream out, Optional<Duration> stall)
      throws InterruptedException {
    // Daemons: nobody can interrupt a read of stdin whose other end just stays there.
    Thread.ofPlatform()
        .daemon()
        .name("receive-requests")
        .start(() -> {
          passRequests(in, out);
          endWithin(parting, "the program worked on for %s after its client had ended");
        });
    var answering =
        Thread.ofPlatform().daemon().name("receive-answers").start(() -> passAnswers(out));
    stall.ifPresent(bound -> endWithin(bound, "nothing has passed for %s (--timeout)"));
    answering.join();
    if (!program.waitFor(LAST_BREATH.toMillis(), TimeUnit.MILLISECONDS)) {
      program.destroyForcibly();
    }
    var status = program.waitFor();
    progress.end();
    var why = Optional.ofNullable(complaint.get());
    return new Ending(status == 0 && why.isPresent() ? FAILED : status, why);
  }

  /** Unless something passes meanwhile. */
  private void endWithin(Duration bound, String why) {
    progress.guard(
        bound,
        () -> {
          complain(why.formatted(seconds(bound)));
          program.destroyForcibly();
        });
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  private void passRequests(InputStream in, OutputStream out) {
    try (var server = program.getOutputStream()) {
      try {
        relay.passRequests(in, server);
        relay.awaitAnswers(LAST_BREATH);
      } catch (RefusedException e) {
        complain(String.valueOf(e.getMessage()));
        relay.refuse(String.valueOf(e.getMessage()), out);
      } catch (WireFormatException e) {
        complain("the client does not follow the protocol: " + e.getMessage());
      } finally {
        beforeEnd.run();
      }
    } catch (IOException e) {
      // The client or the program is gone, or the client stopped inside a request. Either way the
      // program ends now, and says what it has to say itself.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // and the program ends now
    } catch (RuntimeException | Error e) {
      complain("broken: " + e);
      program.destroyForcibly();
    }
  }

  private void passAnswers(OutputStream out) {
    try (var server = program.getInputStream()) {
      try {
        relay.passAnswers(progress.watch(server), out);
      } catch (WireFormatException e) {
        complain("the program does not follow the protocol: " + e.getMessage());
        program.destroyForcibly();
      } catch (IOException e) {
        // The client is gone. The program must not get stuck in an answer that nobody hears.
        server.transferTo(OutputStream.nullOutputStream());
      }
    } catch (IOException e) {
      // So is the program.
    } catch (RuntimeException | Error e) {
      complain("broken: " + e);
      program.destroyForcibly();
    }
  }

  private void complain(String why) {
    complaint.compareAndSet(null, why);
  }
}
