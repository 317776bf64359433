package io.hookq.nar;

import io.hookq.peers.Peers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** The oracle: what {@code nix-store --dump} says that the NAR of a tree is. */
final class NixStoreDump {
  private NixStoreDump() {}

  static byte[] of(Path tree) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(Peers.require("nix-store").toString(), "--dump", tree.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    byte[] nar;
    try (InputStream out = process.getInputStream()) {
      nar = out.readAllBytes();
    }
    var status = process.waitFor();
    if (status != 0) {
      throw new AssertionError("nix-store --dump " + tree + ": exit status " + status);
    }
    return nar;
  }
}
