package io.hookq.daemon.receive;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Nix's programs, started in a clean environment: whatever the client or sshd put into ours, they
 * see {@code PATH}, {@code HOME}, {@code USER} and {@code LOGNAME} only.
 *
 * @param searchPath the folders where the programs are looked for
 * @param home of the user that runs us
 * @param user that user's name
 * @param store the store that they open
 */
record Child(String searchPath, Path home, String user, StoreAddress store) {
  /** A program that is nowhere to be found. */
  static final class NotFoundException extends IOException {
    NotFoundException(String message) {
      super(message);
    }
  }

  /**
   * Starts one.
   *
   * @param stderr where what it complains of goes
   * @throws NotFoundException if there is no such program
   */
  Process start(Program program, List<String> arguments, Redirect stderr) throws IOException {
    var words = new ArrayList<String>();
    words.add(find(program.file()).toString());
    words.addAll(arguments);
    store.uri().ifPresent(uri -> words.addAll(List.of("--store", uri)));
    var builder = new ProcessBuilder(words).directory(new File("/")).redirectError(stderr);
    var environment = builder.environment();
    environment.clear();
    environment.putAll(
        Map.of("PATH", searchPath, "HOME", home.toString(), "USER", user, "LOGNAME", user));
    return builder.start();
  }

  private Path find(String file) throws NotFoundException {
    for (var folder : searchPath.split(":", -1)) {
      var found = Optional.of(folder).filter(text -> text.startsWith("/")).map(Path::of);
      if (found.isPresent() && Files.isExecutable(found.get().resolve(file))) {
        return found.get().resolve(file);
      }
    }
    throw new NotFoundException("%s: not found in %s".formatted(file, searchPath));
  }
}
