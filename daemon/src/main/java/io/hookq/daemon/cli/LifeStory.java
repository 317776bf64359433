package io.hookq.daemon.cli;

import io.hookq.daemon.control.WhyRequest;
import io.hookq.daemon.control.WhyRequest.Change;
import io.hookq.daemon.control.WhyRequest.Life;
import io.hookq.daemon.control.WhyRequest.Origin;
import io.hookq.daemon.control.WhyRequest.Wait;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.status.PlainLine;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The life of one path in sentences, one a line, times on the local clock.
 *
 * <pre>
 * path
 *   to destination: how it stands
 *     time  what happened
 * </pre>
 */
final class LifeStory {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  private final WhyRequest.Reply life;
  private final Instant now;

  LifeStory(WhyRequest.Reply life, Instant now) {
    this.life = life;
    this.now = now;
  }

  /** All of it, every line ended. */
  String text() {
    var lines = new ArrayList<String>();
    lines.add(life.path());
    if (life.jobs().isEmpty()) {
      lines.add("  hookq knows of no job for it");
      causes().forEach(cause -> lines.add("  " + cause));
    }
    for (var job : life.jobs()) {
      lines.add("  to " + job.job().destination() + ": " + standing(job));
      events(job)
          .forEach(event -> lines.add("    " + TIME.format(event.at()) + "  " + event.what()));
    }
    return String.join("\n", lines) + "\n";
  }

  // ── A path that is known ───────────────────────────────────────────────────────────────────

  private record Event(Instant at, String what) {}

  private static List<Event> events(Life life) {
    var events = new ArrayList<Event>();
    var first = true;
    for (var change : life.history()) {
      events.add(
          new Event(
              change.at(),
              PlainLine.of(
                  first && change.event().equals("enqueued") ? asked(life) : what(change))));
      first = false;
    }
    for (var wait : life.waits()) {
      events.add(new Event(wait.from(), PlainLine.of(what(wait))));
    }
    // What began before the job was asked for stands first, as it was so all along.
    return events.stream().sorted(Comparator.comparing(Event::at)).toList();
  }

  private static String asked(Life life) {
    var build = life.derivation().map(drv -> " of " + drv).orElse("");
    return switch (life.source()) {
      case "hook" -> "queued by the hook after the build" + build;
      case "spool" ->
          "queued from the spool, where the hook had left it as no daemon answered, after the build"
              + build;
      case "push" -> "queued by hookq push" + life.derivation().map(drv -> " of " + drv).orElse("");
      case "reconcile" -> "queued by hookq reconcile";
      case "roots" -> "queued because its GC root was there and the queue was begun anew";
      default -> "queued by " + life.source();
    };
  }

  private static String what(Change change) {
    var reason = change.reason().map(words -> ": " + words).orElse("");
    return switch (change.event()) {
      case "enqueued" -> "asked for again";
      case "started" -> "the upload began";
      case "arrived" -> "done: it is valid there, with its closure";
      case "refused" ->
          "refused, attempt %d%s%s"
              .formatted(
                  change.attempts(), change.state().equals("failed") ? ", given up" : "", reason);
      case "destination-failed" -> "back in the queue, no attempt counted" + reason;
      case "source-failed" -> "could not be read here, tried again later" + reason;
      case "stopped" ->
          "the upload was cut off, no attempt counted: the daemon stopped, or the destination was"
              + " paused";
      case "found-uploading" -> "the daemon died while it was uploading; back in the queue";
      case "source-corrupt" -> "failed" + reason;
      case "source-gone" -> "gone" + reason;
      case "left-out" -> "left out by the filter" + reason;
      case "dropped" -> "dropped by hookq drop";
      case "retried" -> "queued again by hookq retry";
      default -> change.event() + reason;
    };
  }

  private static String what(Wait wait) {
    var until = wait.to().map(to -> "until " + TIME.format(to)).orElse("and still does");
    return switch (wait.kind()) {
      case "paused" -> "waits, because the destination is paused, " + until;
      default ->
          "waits, because the destination is in trouble, "
              + until
              + wait.reason().map(words -> ": " + words).orElse("");
    };
  }

  private String standing(Life life) {
    var job = life.job();
    var reason = job.reason().map(words -> ": " + PlainLine.of(words)).orElse("");
    return switch (job.state()) {
      case "queued" -> {
        var wait = life.waits().stream().filter(one -> one.to().isEmpty()).findFirst();
        var next =
            job.notBefore()
                .filter(at -> at.isAfter(now))
                .map(at -> ", next try in " + Figures.duration(Duration.between(now, at)))
                .orElse("");
        yield wait.map(one ->
                one.kind().equals("paused")
                    ? "queued, the destination is paused"
                    : "queued, the destination is in trouble")
            .orElse("queued" + next + reason);
      }
      case "uploading" -> "on the wire";
      case "failed" -> "failed" + reason;
      case "skipped" -> "left out by the filter" + reason;
      default -> job.state() + reason;
    };
  }

  // ── A path that is not ─────────────────────────────────────────────────────────────────────

  private List<String> causes() {
    if (life.valid().isEmpty()) {
      return List.of("whether it is valid here is not known: the Nix daemon does not answer");
    }
    if (life.origin().isEmpty()) {
      return List.of("it is not valid here: it was not built yet, or it was collected as garbage");
    }
    var causes = new ArrayList<String>();
    var origin = life.origin().get();
    var since = " at " + TIME.format(origin.registeredAt());
    causes.add(cause(origin, since));
    if (origin.ultimate()) {
      causes.add(
          life.lastHookAt()
              .map(at -> "the hook last told of anything at " + TIME.format(at))
              .orElse(
                  "the hook has never told of anything; hookq doctor says whether it is set up"));
    }
    causes.add("it may be there as part of another path's closure: hookq check asks");
    causes.add("hookq push queues it");
    return causes;
  }

  private static String cause(Origin origin, String since) {
    if (origin.contentAddressed()) {
      return "it is a source or was fetched, which happened"
          + since
          + ": Nix runs the hook for what is built";
    }
    if (origin.ultimate()) {
      return "it was built here"
          + since
          + ": before the hook was set up, or so long ago that it is forgotten (keep-done)";
    }
    if (!origin.signedBy().isEmpty()) {
      return "it was substituted, not built,"
          + since
          + ", signed by "
          + String.join(", ", origin.signedBy())
          + ": Nix runs the hook for what is built";
    }
    return origin.deriver().isPresent()
        ? "it came"
            + since
            + " from a remote builder or by a copy: Nix runs the hook for the former"
        : "it was added or copied" + since + ", not built: Nix runs the hook for what is built";
  }
}
