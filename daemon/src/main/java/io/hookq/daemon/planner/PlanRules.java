package io.hookq.daemon.planner;

import java.util.Set;

/**
 * What a destination wants of a plan. Immutable.
 *
 * @param filter which wanted paths are left out
 * @param substitute whether the far side may first fetch what it lacks by itself
 * @param ownKeys names of the keys that we sign with
 */
public record PlanRules(Filter filter, boolean substitute, Set<String> ownKeys) {
  /** Everything is sent from here. */
  public static final PlanRules ALL = new PlanRules(Filter.NONE, false, Set.of());

  /** Copies the set. */
  public PlanRules {
    ownKeys = Set.copyOf(ownKeys);
  }
}
