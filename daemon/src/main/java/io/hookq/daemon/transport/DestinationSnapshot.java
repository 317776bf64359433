package io.hookq.daemon.transport;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One destination at one moment, field by field as {@code hookq status --json} shows it.
 *
 * @param uri without parameters
 * @param state {@code idle}, {@code connecting}, {@code uploading}, {@code waiting} or {@code
 *     paused}
 * @param protocol of the last connection; empty before the first
 * @param compression of the last connection, as the config spells it
 * @param bytesPlanned NAR bytes of the batch in hand, zero where there is none
 * @param bytesSent of those
 * @param bytesPerSecond smoothed
 * @param etaSeconds until the batch in hand is sent
 * @param pathsSentTotal answered by the peer since the daemon's start
 * @param narBytesSentTotal of those paths
 * @param current what is being sent, by channel
 * @param lastError with the hint, in one line
 * @param retryAt end of the backoff
 * @param lastErrorClass {@code unreachable}, {@code denied}, {@code server}, {@code refused} or
 *     {@code here}
 * @param hint what to do about the last error
 * @param notice what the user might want to set otherwise, though nothing is wrong
 */
public record DestinationSnapshot(
    String name,
    String uri,
    String state,
    Optional<String> protocol,
    String compression,
    long queued,
    long uploading,
    long done,
    long failed,
    long gone,
    long bytesPlanned,
    long bytesSent,
    long bytesPerSecond,
    OptionalLong etaSeconds,
    long pathsSentTotal,
    long narBytesSentTotal,
    long wireBytesSentTotal,
    List<CurrentUpload> current,
    Optional<String> lastError,
    Optional<Instant> lastErrorAt,
    Optional<Instant> retryAt,
    Optional<Instant> lastSuccessAt,
    Optional<String> lastErrorClass,
    Optional<String> hint,
    Optional<String> notice) {
  /** Copies the list. */
  public DestinationSnapshot {
    current = List.copyOf(current);
  }

  /** The last error without its hint. */
  public Optional<String> lastErrorWords() {
    return lastError.map(all -> hint.map(text -> withoutHint(all, text)).orElse(all));
  }

  private static String withoutHint(String all, String hint) {
    var end = UploadFailure.explained("", Optional.of(hint));
    return all.endsWith(end) ? all.substring(0, all.length() - end.length()) : all;
  }
}
