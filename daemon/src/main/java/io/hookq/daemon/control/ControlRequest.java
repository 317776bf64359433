package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * What is asked of the daemon over its socket.
 *
 * <p>How each is written is its own method and not a switch over all: a switch over types is linked
 * while the program runs, which the JVM keeps in no AOT cache, and every command would pay for it.
 *
 * @param <R> what is answered
 */
public sealed interface ControlRequest<R>
    permits CheckRequest,
        DropRequest,
        EnqueueRequest,
        KickRequest,
        ListRequest,
        PauseRequest,
        ReconcileRequest,
        ResumeRequest,
        RetryRequest,
        StatusRequest,
        VersionRequest,
        WaitRequest,
        WhyRequest {
  /** Its name on the socket. */
  String op();

  /** Writes its fields, but for the name. */
  void encode(JsonGenerator out) throws IOException;

  /**
   * What {@code json}, an answer that is no refusal, says.
   *
   * @throws IllegalArgumentException if it cannot be understood
   */
  R decodeReply(JsonObject json);

  /** How the objects in the answer's lists are read. */
  default JsonObject.ElementReader elements() {
    return JsonObject::object;
  }

  /**
   * How long the answer may take where one usually takes {@code usual}; empty: as long as it likes.
   */
  default Optional<Duration> limit(Duration usual) {
    return Optional.of(usual);
  }
}
