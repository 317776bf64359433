package io.hookq.daemon.transport;

/**
 * A store object that is being sent.
 *
 * @param path full store path
 * @param bytesSent bytes of its NAR so far
 * @param narSize bytes of its NAR
 */
public record CurrentUpload(String path, long bytesSent, long narSize) {}
