/**
 * The NAR, Nix's archive of one store object: to and from token streams and trees on disk.
 *
 * <p>Every token is a string of {@link io.hookq.wire}: length, bytes, zero padding.
 *
 * <pre>
 * nar    := "nix-archive-1" node
 * node   := "(" "type" body ")"
 * body   := "regular" [ "executable" "" ] "contents" &lt;the file's bytes as one string&gt;
 *         | "symlink" "target" &lt;target&gt;
 *         | "directory" entry*
 * entry  := "entry" "(" "name" &lt;name&gt; "node" node ")"
 * name   := 1 … 255 bytes, not "." nor "..", no slash, no NUL; any encoding
 * target := 1 … 4095 bytes, no NUL; not interpreted
 * </pre>
 *
 * Entries ascend strictly by the unsigned bytes of their names. At most 64 nodes lie on the way
 * from the root to a leaf, the root and the leaf counted. {@code executable} stands for the owner's
 * x bit; nothing else of mode, owner, time or links is kept. So a tree has exactly one NAR.
 *
 * <p>Source of the format: Nix's {@code archive.cc}. Tokens in another order, entries out of order
 * and what is beyond the limits were let through by older Nix versions and are refused by newer
 * ones; {@link io.hookq.nar.NarReader} refuses what the newest refuses, and {@link
 * io.hookq.nar.NarDump} writes nothing that it would refuse.
 *
 * <p>Nothing here holds a NAR or a file in memory, computes a hash, or knows where a NAR goes.
 */
@NullMarked
package io.hookq.nar;

import org.jspecify.annotations.NullMarked;
