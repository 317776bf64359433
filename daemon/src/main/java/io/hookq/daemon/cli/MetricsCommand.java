package io.hookq.daemon.cli;

import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.status.PrometheusText;
import io.hookq.daemon.status.StatusJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq metrics}: the status for Prometheus. */
@Command(
    name = "metrics",
    description = "Prints metrics as Prometheus reads them.",
    footer =
        "%nExample, from a timer: hookq metrics --textfile"
            + " /var/lib/prometheus/node-exporter/hookq.prom")
final class MetricsCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Option(
      names = "--textfile",
      paramLabel = "FILE",
      description =
          "Write them there, for the node exporter's textfile collector, whole or not at all.")
  private @Nullable Path textfile;

  MetricsCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    if (!field.equals("textfile")) {
      throw new IllegalArgumentException(field);
    }
    textfile = (Path) value;
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var document = hookq.daemon().call(new StatusRequest(), HookqCommand.TIMEOUT).document();
    var text = PrometheusText.of(StatusJson.read(document));
    if (textfile == null) {
      console.out().print(text);
    } else {
      write(console.workingDirectory().resolve(textfile), text);
    }
    return ExitStatus.FINE;
  }

  /** A collector that comes meanwhile sees the old file or the new one. */
  private static void write(Path file, String text) throws CommandFailedException, IOException {
    var folder = file.toAbsolutePath().getParent();
    // Else a file would be named that nobody has heard of.
    if (folder == null || !Files.isDirectory(folder)) {
      throw CommandFailedException.failed("no such folder: " + folder);
    }
    if (Files.isDirectory(file)) {
      throw CommandFailedException.failed("a folder, not a file to write: " + file);
    }
    // The collector reads *.prom only, and may be another user.
    var fresh = Files.createTempFile(folder, ".hookq-", ".tmp");
    try {
      Files.writeString(fresh, text, StandardCharsets.UTF_8);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      Files.deleteIfExists(fresh);
      throw e;
    }
  }
}
