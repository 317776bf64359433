package io.hookq.serve;

import io.hookq.store.DestinationStore.AddListener;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Keeps what a connection tells its listener, in order. Thread-safe. */
public final class AnswerLog implements AddListener {
  private final List<StorePath> added = Collections.synchronizedList(new ArrayList<>());
  private final List<StorePath> refused = Collections.synchronizedList(new ArrayList<>());

  /** What was added, in the order of the answers. */
  public List<StorePath> added() {
    return List.copyOf(added);
  }

  /** What was refused, in the order of the answers. */
  public List<StorePath> refused() {
    return List.copyOf(refused);
  }

  @Override
  public void added(PathInfo info) {
    added.add(info.path());
  }

  @Override
  public void refused(PathInfo info, String reason) {
    refused.add(info.path());
  }
}
