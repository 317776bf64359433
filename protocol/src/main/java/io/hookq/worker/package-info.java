/**
 * The worker protocol, which the Nix daemon speaks on its socket: the client's side of it.
 *
 * <pre>
 * handshake := C: u64 0x6e697863 "cxin", u64 version     S: u64 0x6478696f "oixd", u64 version
 *              ≥1.38 C: set(feature)                     ≥1.38 S: set(feature)
 *              C: u64 0 (CPU affinity), u64 0 (reserve)  ≥1.33 S: string nixVersion
 *                                                        ≥1.35 S: u64 trust
 *                                                        S: log
 * request   := u64 op, its fields                        S: log, then the answer unless it failed
 * log       := message* (LAST | ERROR)                   see {@link io.hookq.worker.StderrMessage}
 *  1 IsValidPath              path                       bool
 *  6 QueryReferrers           path                       set(path)
 * 10 EnsurePath               path                       u64 1
 * 11 AddTempRoot              path                       u64 1
 * 12 AddIndirectRoot          string                     u64 1
 * 13 SyncWithGC                                          u64 1
 * 26 QueryPathInfo            path                       bool, info if true
 * 31 QueryValidPaths          set(path), ≥1.27 bool      set(path)
 * 32 QuerySubstitutablePaths  set(path)                  set(path)
 * 37 AddSignatures            path, set(signature)       u64 1
 * 38 NarFromPath              path                       NAR, no length
 * 39 AddToStoreNar            path, info, bool repair, bool dontCheckSigs, NAR
 * 41 QueryDerivationOutputMap path (≥1.22)               map name → path or ""
 * 42 RegisterDrvOutput        realised (≥1.27)
 * 43 QueryRealisation         output (≥1.27)             0 or 1 of realised, as a set
 * output    := string "sha256:…!out"; with by path: path derivation, string name
 * realised  := ≥1.31 string JSON, see {@link io.hookq.store.Realisation}
 *              1.27 … 1.30: in 42 string id, string base name; in 43 path
 *              with by path: in 42 output, path, set(signature); in 43 u64 0, or u64 1, path,
 *              set(signature)
 * by path   := the feature realisation-with-path-not-hash, which Nix has from 2.35 on
 * NAR in 39 := ≥1.23 framed; below: whenever READ n stands in the log, a string of at most n bytes
 * info      := deriver, string narHash (base 16), set(reference), u64 registrationTime,
 *              u64 narSize, bool ultimate, set(signature), string ca
 * </pre>
 *
 * Versions are {@code major << 8 | minor}; both ends speak the lower one; the floor is 1.21 (Nix
 * 2.1 to 2.3). A failed request leaves the connection usable, but for {@code NarFromPath}, whose
 * failure comes after {@code LAST}, in the place of the NAR or inside it, and ends the connection.
 *
 * <p>A daemon that cannot parse a request answers with the same error twice and leaves. A framed
 * NAR may be ended early, which fails its request and nothing else. The client must not end its
 * side while answers are outstanding: the daemon would break off.
 *
 * <p>{@link io.hookq.worker.WorkerConnection} asks and waits, for the store of this machine; {@link
 * io.hookq.worker.WorkerDestination} is written to ahead of the answers, for a far one.
 *
 * <p>Everything here but {@link io.hookq.worker.DaemonSocket} speaks over streams; nothing knows of
 * queues, retries or configuration. Source of the format: Nix's {@code worker-protocol.hh}, {@code
 * daemon.cc} and {@code remote-store.cc}.
 */
@NullMarked
package io.hookq.worker;

import org.jspecify.annotations.NullMarked;
