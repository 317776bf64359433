package io.hookq.daemon.transport;

import io.hookq.daemon.planner.UploadPlan;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The path infos of a plan's missing paths: from the plan, or, where it is too large to keep them,
 * asked for again a few hundred at a time. Thread-safe.
 */
final class PathInfos {
  private static final int QUESTION = 512;

  /** Channels are at different places of the plan, and none far from the others. */
  private static final int ANSWERS = 4;

  private final SourceStore source;
  private final UploadPlan plan;
  private final ReentrantLock lock = new ReentrantLock();

  /** By the number of the question, the last used one last. */
  private final LinkedHashMap<Integer, Map<StorePath, PathInfo>> answers =
      new LinkedHashMap<>(16, 0.75f, true);

  PathInfos(SourceStore source, UploadPlan plan) {
    this.source = source;
    this.plan = plan;
  }

  /**
   * The path info of that missing path.
   *
   * @throws SourceReadException if it is no longer valid, or the store does not answer
   */
  PathInfo of(int index) throws SourceReadException {
    var kept = plan.info(index);
    return kept.isPresent() ? kept.get() : asked(index);
  }

  private PathInfo asked(int index) throws SourceReadException {
    lock.lock();
    try {
      var number = index / QUESTION;
      var answer = answers.get(number);
      if (answer == null) {
        answer = ask(number * QUESTION);
        answers.put(number, answer);
        if (answers.size() > ANSWERS) {
          answers.pollFirstEntry();
        }
      }
      var info = answer.get(plan.path(index));
      if (info == null) {
        throw new SourceReadException(plan.path(index) + " is no longer valid here");
      }
      return info;
    } finally {
      lock.unlock();
    }
  }

  private Map<StorePath, PathInfo> ask(int from) throws SourceReadException {
    var paths = new ArrayList<StorePath>();
    for (var i = from; i < Math.min(from + QUESTION, plan.missing()); i++) {
      paths.add(plan.path(i));
    }
    try {
      return source.queryPathInfos(paths);
    } catch (IOException e) {
      throw new SourceReadException("the source store does not answer: " + e.getMessage(), e);
    }
  }
}
