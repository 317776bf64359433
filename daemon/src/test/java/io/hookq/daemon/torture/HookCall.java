package io.hookq.daemon.torture;

import io.hookq.store.NarHash;
import io.hookq.store.StorePath;
import java.util.Map;

/**
 * One call of the hook.
 *
 * @param exitStatus 0, or the build was aborted
 * @param millis from its start to its end
 * @param paths what it was called for, each with the hash that Nix had recorded then
 * @param said what it printed on stderr
 */
record HookCall(int exitStatus, long millis, Map<StorePath, NarHash> paths, String said) {}
