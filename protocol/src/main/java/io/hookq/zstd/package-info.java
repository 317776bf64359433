/**
 * What hookq and hookq agree upon around a conversation in Nix's own words: zstd on the wire, any
 * two streams, compressed each way.
 *
 * <pre>
 * offer  := the client runs  "HOOKQ_WIRE=1:zstd " COMMAND  and sends the 16 bytes of its greeting
 * answer := "hookq-wire 1 zstd\n"       from hookq; from here on both directions are pieces
 *         | anything else               from whoever ignored the offer: nothing is compressed
 *         | nothing at all, the end     from a shell that does not know assignments; COMMAND is then
 *                                       run as it is
 * piece  := u32 header, its bytes       little endian; header = length | 0x80000000 if compressed
 *           plain: the bytes themselves
 *           compressed: the next part of one zstd stream, flushed, so that all it stands for can be
 *           read from it: 1 to 131,072 bytes; a frame's window is at most 16 MiB
 * </pre>
 *
 * Asked {@code HOOKQ_WIRE=1:keep COMMAND}, which shells ignore as well, hookq says for how long it
 * keeps what is pushed, and goes on uncompressed:
 *
 * <pre>
 * promise := "hookq-wire 1 keep " NAME [ " age=" SECONDS "s" ] [ " size=" BYTES ] "\n"
 * </pre>
 *
 * <p>A piece leaves whenever the writer is flushed, so neither peer ever waits for bytes that the
 * other one still holds. A piece is plain where compression does not pay: it is tiny, does not
 * shrink, or the line is faster than the compressor. The zstd stream is made of several zstd frames
 * where the level changes; its window reaches over many store paths.
 *
 * <p>The only package that names zstd-jni. It knows no protocol and no SSH.
 */
@NullMarked
package io.hookq.zstd;

import org.jspecify.annotations.NullMarked;
