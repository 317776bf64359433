package io.hookq.daemon.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The Nix expression that is built, with the files it needs. Stateless. */
final class Journey {
  private Journey() {}

  /** Writes the expression and its files to {@code folder}. */
  static Path unpack(Path folder) throws IOException {
    copy("build.sh", folder);
    var source = Files.createDirectories(folder.resolve("source/bin"));
    Files.writeString(source.resolve("program"), "#!/bin/sh\necho from far\n");
    if (!source.resolve("program").toFile().setExecutable(true)) {
      throw new IOException("cannot make a file executable in " + folder);
    }
    Files.createSymbolicLink(source.resolve("alias"), Path.of("program"));
    Files.createFile(folder.resolve("source/empty"));
    return copy("journey.nix", folder);
  }

  private static Path copy(String name, Path folder) throws IOException {
    try (var in = Journey.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException("missing from the program: " + name);
      }
      var file = folder.resolve(name);
      Files.copy(in, file);
      return file;
    }
  }
}
