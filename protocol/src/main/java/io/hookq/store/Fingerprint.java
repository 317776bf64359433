package io.hookq.store;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * What a signature of a path info signs.
 *
 * <pre>
 * 1;PATH;sha256:NARHASH;NARSIZE;REFERENCE,REFERENCE…
 * </pre>
 *
 * Full paths, the hash in Nix32, the size in decimal, the references sorted and the path itself
 * among them where it refers to itself. Deriver, content address and other signatures are not
 * covered. Source of the format: Nix's {@code path-info.cc}.
 *
 * @param text without a line break at its end
 */
public record Fingerprint(String text) {
  /** The fingerprint of {@code info} in a store at {@code dir}. */
  public static Fingerprint of(PathInfo info, StoreDir dir) {
    return new Fingerprint(
        "1;%s;%s;%d;%s"
            .formatted(
                dir.print(info.path()),
                info.narHash().prefixedNix32(),
                info.narSize(),
                info.references().stream().map(dir::print).collect(Collectors.joining(","))));
  }

  /** The signed bytes. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
