package io.hookq.relay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/**
 * One conversation between a client and a server, with somebody in between.
 *
 * <p>{@link #passRequests} and {@link #passAnswers} run at the same time, each on a thread of its
 * own; {@link #refuse} is called by the thread of the first once that has thrown. Streams are left
 * open. A relay is good for one conversation.
 */
public interface Relay {
  /**
   * Passes on what the client asks, until the client ends between two requests.
   *
   * @throws RefusedException if it asks for what it may not have; nothing of that was passed on, or
   *     the server cannot complete it
   * @throws java.io.EOFException if it ends inside a request
   * @throws IOException if it does not follow the protocol, or one of the two is gone
   */
  void passRequests(InputStream client, OutputStream server) throws IOException;

  /**
   * Passes on what the server answers, until the server ends.
   *
   * @throws IOException if the server does not follow the protocol, or one of the two is gone
   */
  void passAnswers(InputStream server, OutputStream client) throws IOException;

  /**
   * Waits for the answers to everything that was asked, where the server would leave it undone if
   * it saw the client's end before. Called behind {@link #passRequests}, on the same thread.
   *
   * @param limit after which the client's end is passed on all the same
   */
  void awaitAnswers(Duration limit) throws InterruptedException;

  /**
   * Tells the client in the protocol's own words that it is refused, behind the answers to
   * everything before, and lets no answer through any more. Does nothing where the protocol has no
   * such words.
   */
  void refuse(String reason, OutputStream client) throws IOException;
}
