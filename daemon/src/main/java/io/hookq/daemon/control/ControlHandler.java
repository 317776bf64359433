package io.hookq.daemon.control;

import io.hookq.daemon.intake.RefusedException;
import java.io.IOException;

/**
 * What stands behind the socket: one method an operation.
 *
 * <p>Thread-safe: called by one thread a connection. An {@link IOException} is told to the peer as
 * the daemon's fault; a {@link RefusedException} as what it is.
 */
public interface ControlHandler {
  /** Queues what {@code request} names; durable when this returns. */
  EnqueueRequest.Reply enqueue(EnqueueRequest request) throws RefusedException, IOException;

  /** How things are. */
  StatusRequest.Reply status(StatusRequest request) throws RefusedException, IOException;

  /** Hands the jobs that {@code request} means to {@code out}, one by one. */
  void list(ListRequest request, EntrySink out) throws RefusedException, IOException;

  /** Has destinations tried now. */
  KickRequest.Reply kick(KickRequest request) throws RefusedException, IOException;

  /** Queues failed and gone jobs afresh; durable when this returns. */
  JobCount retry(RetryRequest request) throws RefusedException, IOException;

  /** Forgets jobs; durable when this returns. */
  JobCount drop(DropRequest request) throws RefusedException, IOException;

  /** Stops destinations; durable when this returns. */
  DestinationCount pause(PauseRequest request) throws RefusedException, IOException;

  /** Has paused destinations go on; durable when this returns. */
  DestinationCount resume(ResumeRequest request) throws RefusedException, IOException;

  /** Tells the story of a path. */
  WhyRequest.Reply why(WhyRequest request) throws RefusedException, IOException;

  /** Asks destinations what they have; one that cannot be asked is no exception. */
  CheckRequest.Reply check(CheckRequest request) throws RefusedException, IOException;

  /** Queues what was built here and is missing there; as {@link #check} for the rest. */
  ReconcileRequest.Reply reconcile(ReconcileRequest request) throws RefusedException, IOException;

  /**
   * Blocks until what {@code request} waits for has come, calling {@code alive} now and then.
   *
   * @throws IOException also if {@code alive} throws it: the peer is gone
   */
  WaitRequest.Reply await(WaitRequest request, Heartbeat alive)
      throws RefusedException, IOException;

  /** Who we are. */
  VersionRequest.Reply version(VersionRequest request);

  /** Takes the entries of a long list. */
  @FunctionalInterface
  interface EntrySink {
    /** Takes one. */
    void accept(ListRequest.Entry entry) throws IOException;
  }

  /** Tells a waiting peer that we are here, and us that it is. */
  @FunctionalInterface
  interface Heartbeat {
    /** Throws if the peer is gone. */
    void beat() throws IOException;
  }
}
