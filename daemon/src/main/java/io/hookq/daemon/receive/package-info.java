/**
 * The receiving side: what runs on the server as the forced command of an upload key, in the place
 * of a shell.
 *
 * <pre>
 * command := [ "HOOKQ_WIRE=1:zstd" | "HOOKQ_WIRE=1:keep" ] program [ "--store" STORE ]
 * program := NIX-STORE "--serve" "--write"  |  NIX-DAEMON "--stdio"
 * words   are parted by blanks; 'quoted' and \' are understood, nothing else is: no shell sees them
 *
 * GCROOTS/hookq-received/KEY/BASE → /nix/store/BASE     what KEY pushed; its mtime is when it last did
 * GCROOTS/hookq-received/KEY/.BASE.….gone               a link that a prune is about to delete
 * </pre>
 *
 * Where Nix's own folder of GC roots cannot be written, the same links lie in the user's home and
 * each is announced to the Nix daemon.
 *
 * <p>The order that keeps a garbage collector from winning: first the link, then the request that
 * makes the path valid or asks whether it is. A link to a path that is not valid roots nothing and
 * harms nobody, so there is no moment at which a path is valid and has no link, whoever is killed
 * when. A collector that looked at the link before the path was valid passes over it, so what was
 * pushed is held by the Nix daemon too, until the session has ended. Links that came to nothing are
 * deleted when the session ends, or a week later.
 *
 * <p>Retention: a link older than {@code --keep} goes, and of what is left the oldest go until the
 * closures of the others take no more than {@code --keep-size}. A link is deleted by renaming it
 * first and looking once more, so that a session which renews it at that moment is not betrayed.
 *
 * <p>Nothing here knows of the queue, the daemon or the configuration.
 */
@NullMarked
package io.hookq.daemon.receive;

import org.jspecify.annotations.NullMarked;
