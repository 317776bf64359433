package io.hookq.daemon.control;

/**
 * What is asked of the daemon over its socket.
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
        WhyRequest {}
