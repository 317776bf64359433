package io.hookq.daemon.control;

/**
 * What is asked of the daemon over its socket.
 *
 * @param <R> what is answered
 */
public sealed interface ControlRequest<R>
    permits EnqueueRequest, KickRequest, ListRequest, StatusRequest, VersionRequest, WaitRequest {}
