/**
 * The vocabulary of a Nix store, as values, and the seams between stores.
 *
 * <p>Everything here is immutable and holds no bytes of a store object. Bytes appear only behind
 * {@link io.hookq.store.NarSource}, as a stream.
 *
 * <pre>
 * path     := storeDir "/" base
 * base     := hashPart "-" name
 * hashPart := 32 characters of the Nix32 alphabet (160 bits)
 * name     := 1 … 211 characters of [0-9 a-z A-Z + - . _ ? =],
 *             not "." nor "..", not beginning with ".-" or "..-"
 * </pre>
 *
 * {@link io.hookq.store.StorePath} enforces the grammar; {@link io.hookq.store.StoreDir} turns full
 * paths into store paths and back. The grammar of {@code .drv} files, which {@link
 * io.hookq.store.Derivation} holds, stands at their parser; what is hashed of them, at {@link
 * io.hookq.store.DerivationHashes}; what is signed, at {@link io.hookq.store.Fingerprint} and
 * {@link io.hookq.store.Realisation}. Nothing in this package knows of a wire, a queue or a file.
 */
@NullMarked
package io.hookq.store;

import org.jspecify.annotations.NullMarked;
