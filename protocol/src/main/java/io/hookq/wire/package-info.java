/**
 * The encodings that all Nix protocols and NARs are made of, over plain streams.
 *
 * <pre>
 * integer := 8 bytes, little endian, unsigned; everything numeric, enums and versions too
 * bool    := integer; writers send 0 or 1, readers take any other value as true
 * string  := integer length, the bytes, zero bytes up to the next multiple of 8
 * list    := integer count, that many elements; sets are written sorted by unsigned bytes
 * path    := string, the full store path; an optional one is empty where absent
 * framed  := ( integer length from 1 to 2^32-1, that many bytes, no padding )* integer 0
 * </pre>
 *
 * Source of the format: Nix's {@code serialise.hh} and {@code serialise.cc}.
 *
 * <p>{@link io.hookq.wire.WireReader} is strict: padding must be zero, every length has a bound
 * that its caller names, and no length is believed before its bytes are there. What it refuses is a
 * {@link io.hookq.wire.WireFormatException}; a stream that ends too early is an {@link
 * java.io.EOFException}. After either the stream stands in the middle of something and the
 * connection is good for nothing but closing.
 *
 * <p>{@link io.hookq.wire.Window} keeps what was asked ahead of its answers, and {@link
 * io.hookq.wire.Banner} what stood in the place of a greeting.
 *
 * <p>Nothing here knows which protocol is spoken, or what carries the streams.
 */
@NullMarked
package io.hookq.wire;

import org.jspecify.annotations.NullMarked;
