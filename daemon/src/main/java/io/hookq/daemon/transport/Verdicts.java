package io.hookq.daemon.transport;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refusals whose reason may lie in the destination rather than in the path, such as a missing
 * signature: held until it is known whose trouble they are.
 *
 * <pre>
 * refused ──▶ held ── something else is taken, or too few are held ──▶ counted against the jobs
 *              └──── three paths and nothing taken, or three jobs and
 *                    nothing ever taken ──▶ the destination is blamed:
 *                    none counts, and single jobs probe it until one is taken
 * </pre>
 *
 * <p>Three jobs that need the same path tell nothing of a destination that has taken others: the
 * path is what is wrong then.
 *
 * <p>For one lane's thread.
 */
final class Verdicts {
  private static final int ENOUGH = 3;

  private final Set<StorePath> refused = new HashSet<>();
  private final List<Held> held = new ArrayList<>();
  private @Nullable Refusal kind;
  private boolean blamed;

  /** Something was taken, and no three paths in a row were refused since. */
  private boolean takes;

  /** A job whose refusal is not counted yet. */
  record Held(Job job, String reason) {}

  /** Whether the destination is blamed, so that only single jobs are tried. */
  boolean blamed() {
    return blamed;
  }

  /**
   * Holds a refusal and the jobs that need the path.
   *
   * @return whether that is enough to blame the destination
   */
  boolean hold(Refused verdict, List<Held> jobs) {
    if (verdict.kind() != kind) {
      refused.clear();
      kind = verdict.kind();
    }
    refused.add(verdict.path());
    held.addAll(jobs);
    if (refused.size() >= ENOUGH) {
      blamed = true;
      takes = false;
    }
    return blamed;
  }

  /** Nothing is left to try; says whether so many are held that the destination is blamed. */
  boolean conclude() {
    blamed |= held.size() >= ENOUGH && !takes;
    return blamed;
  }

  /** Something was taken: whatever is refused now is refused for its own sake. */
  void accepted() {
    refused.clear();
    kind = null;
    blamed = false;
    takes = true;
  }

  /** The jobs held until now; they are held no longer. */
  List<Held> release() {
    var all = List.copyOf(held);
    held.clear();
    return all;
  }
}
