/**
 * GC roots: what keeps a queued path from the garbage collector.
 *
 * <p>One symlink per queued path, named by its base name, pointing at the path; its closure is kept
 * through its references. Either below Nix's own folder of roots, which needs the right to write
 * there, or in a folder of ours, each link then announced to the Nix daemon.
 *
 * <pre>
 * gcroots/hookq/BASE                 → /nix/store/BASE   ours (direct)
 * gcroots/hookq/spool-BASE           → /nix/store/BASE   the hook's, while the daemon is down
 * STATE/roots/BASE                   → /nix/store/BASE   ours (indirect)
 * gcroots/auto/HASH                  → STATE/roots/BASE  made by the Nix daemon
 * </pre>
 *
 * Links are written under a temporary name and renamed, so that making one again is harmless. This
 * package knows no queue and no job.
 */
@NullMarked
package io.hookq.daemon.roots;

import org.jspecify.annotations.NullMarked;
