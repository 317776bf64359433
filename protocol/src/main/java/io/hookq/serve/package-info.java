/**
 * The serve protocol, which {@code ssh://} stores speak: {@code nix-store --serve --write} on one
 * end, whoever copies paths on the other.
 *
 * <pre>
 * greeting  := C: u64 0x390c9deb, u64 version          S: u64 0x5452eecb, u64 version
 * version   := major &lt;&lt; 8 | minor                both ends use the lower one
 * request   := u64 command, its fields
 * 1 QueryValidPaths   C: bool lock, bool substitute, set(path)     S: set(path)
 * 2 QueryPathInfos    C: set(path)                                 S: info* string ""
 * 3 DumpStorePath     C: path                                      S: NAR, no length
 * 7 QueryClosure      C: bool includeOutputs, set(path)            S: set(path)
 * 9 AddToStoreNar     C: path, deriver, narHash, set(reference),
 *                        registrationTime, narSize, bool ultimate,
 *                        set(signature), ca, NAR of narSize bytes  S: u64 1
 * info      := path, deriver, set(reference), u64 downloadSize, u64 narSize,
 *              string narHash, string ca, set(signature)
 * </pre>
 *
 * The protocol has no word for failure: a peer that will not do what was asked writes its reason to
 * stderr, stops where it is and exits, so its end is seen as an end of file in the place of an
 * answer. Requests may be written ahead of the answers; the first unanswered one is then the
 * culprit, and none behind it was carried out.
 *
 * <p>Everything here speaks over an {@link java.io.InputStream} and an {@link
 * java.io.OutputStream}; it must not know what carries them, nor of queues, retries or
 * configuration. Source of the format: Nix's {@code serve-protocol.hh} and {@code
 * legacy-ssh-store.cc}.
 */
@NullMarked
package io.hookq.serve;

import org.jspecify.annotations.NullMarked;
