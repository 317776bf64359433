package io.hookq.daemon.planner;

import io.hookq.store.DestinationStore;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Works out what a destination lacks. Stateless. */
public final class Planner {
  /** One question for what anybody builds; more than one bounds the answer for what nobody does. */
  private static final int QUESTION = 16_384;

  private Planner() {}

  /**
   * Plans the upload of {@code wanted} with their closures: applies the filter, walks the closure
   * here, asks one question there.
   *
   * @throws SourceReadException if the source store cannot be asked
   * @throws IOException if the destination cannot be asked; its connection is of no use any more
   */
  public static UploadPlan plan(
      SourceStore source,
      DestinationStore destination,
      Collection<StorePath> wanted,
      PlanRules rules)
      throws IOException {
    var leftOut = leftOut(source, wanted, rules.filter());
    var kept = new LinkedHashSet<>(wanted);
    kept.removeAll(leftOut.keySet());
    var closure = Closure.of(source, kept, rules.ownKeys());
    return UploadPlan.of(closure, valid(destination, closure, rules), kept, leftOut);
  }

  private static Map<StorePath, String> leftOut(
      SourceStore source, Collection<StorePath> wanted, Filter filter) throws IOException {
    var leftOut = new LinkedHashMap<StorePath, String>();
    var others = new ArrayList<StorePath>();
    for (var path : wanted) {
      filter
          .ruleAgainst(path)
          .ifPresentOrElse(rule -> leftOut.put(path, rule), () -> others.add(path));
    }
    if (filter.asksForInfos()) {
      for (var info : Closure.ask(source, others).values()) {
        filter.ruleAgainst(info).ifPresent(rule -> leftOut.put(info.path(), rule));
      }
    }
    return leftOut;
  }

  private static BitSet valid(DestinationStore destination, Closure closure, PlanRules rules)
      throws IOException {
    var valid = new BitSet();
    List<StorePath> paths = closure.paths();
    for (var from = 0; from < paths.size(); from += QUESTION) {
      var question = paths.subList(from, Math.min(from + QUESTION, paths.size()));
      var answer = destination.queryValid(question, rules.substitute());
      for (var i = 0; i < question.size(); i++) {
        if (answer.contains(question.get(i))) {
          valid.set(from + i);
        }
      }
    }
    return valid;
  }
}
