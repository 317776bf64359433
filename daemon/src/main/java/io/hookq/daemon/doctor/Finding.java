package io.hookq.daemon.doctor;

import java.util.Optional;

/**
 * What was seen of one link.
 *
 * @param check the link's name, the same in every version
 * @param destination whose link it is; empty for those of this machine
 * @param seen what there is, for people
 * @param mend what to do about it; there for every failure and warning
 */
public record Finding(
    String check,
    Optional<String> destination,
    Verdict verdict,
    String seen,
    Optional<String> mend) {}
