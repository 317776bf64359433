package io.hookq.daemon.cli;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.doctor.Doctor;
import io.hookq.daemon.doctor.DoctorJson;
import io.hookq.daemon.doctor.Finding;
import io.hookq.daemon.doctor.Patient;
import io.hookq.daemon.doctor.Verdict;
import io.hookq.daemon.status.PlainLine;
import io.hookq.daemon.status.ScreenStyle.Colour;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq doctor}: what is wrong with this set-up, and how to mend it. */
@Command(
    name = "doctor",
    description = {
      "Walks every link from nix.conf to the server's garbage collector, and says what is wrong and"
          + " how to mend it.",
      "",
      "Needs no daemon. Run it as root, or as the daemon's user, to have it see all."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:no failure", "1:at least one failure"})
final class DoctorCommand implements Callable<Integer> {
  private static final int CHECK_WIDTH = 13;

  private final Console console;
  private final HookqCommand hookq;
  private final Path root;

  @Option(
      names = "--write",
      description = "Send a tiny throw-away path to each server, to see whether it is taken.")
  private boolean write;

  @Option(names = "--json", description = "One JSON document; see docs/status-json.md.")
  private boolean json;

  DoctorCommand(Console console, HookqCommand hookq, Path root) {
    this.console = console;
    this.hookq = hookq;
    this.root = root;
  }

  @Override
  public Integer call() {
    var findings = new ArrayList<Finding>();
    var screen = new Screen();
    new Doctor(patient())
        .examine(finding -> {
          findings.add(finding);
          if (!json) {
            screen.show(finding);
          }
        });
    if (json) {
      console.out().println(DoctorJson.write(findings));
    } else {
      screen.conclude(findings);
    }
    return findings.stream().anyMatch(finding -> finding.verdict() == Verdict.FAILURE)
        ? ExitStatus.FAILED
        : ExitStatus.FINE;
  }

  private Patient patient() {
    Optional<Config> config = Optional.empty();
    Optional<String> trouble = Optional.empty();
    try {
      config = Optional.of(hookq.loadConfig());
    } catch (CommandFailedException e) {
      trouble = Optional.of(Console.messageOf(e));
    }
    return new Patient(
        hookq.configFile(),
        config,
        trouble,
        config.map(known -> known.daemon().socket()).orElseGet(() -> hookq.socketWithoutConfig()),
        console.surroundings(),
        root,
        write);
  }

  /** A line a finding, as soon as there is one. */
  private final class Screen {
    private @Nullable String destination;

    void show(Finding finding) {
      var style = console.style();
      var name = finding.destination().orElse(null);
      if (name != null && !name.equals(destination)) {
        console.out().println("\n" + style.paint(Colour.BOLD, "to " + name));
      }
      destination = name;
      var verdict = "%-8s".formatted(finding.verdict().label());
      var painted =
          switch (finding.verdict()) {
            case OK -> style.paint(Colour.GREEN, verdict);
            case SKIPPED -> style.paint(Colour.DIM, verdict);
            case WARNING -> style.paint(Colour.YELLOW, verdict);
            case FAILURE -> style.paint(Colour.RED, verdict);
          };
      var gap = " ".repeat(Math.max(0, CHECK_WIDTH - finding.check().length()));
      console.out().println(painted + " " + finding.check() + gap + PlainLine.of(finding.seen()));
      finding
          .mend()
          .ifPresent(mend -> console.out().println(" ".repeat(9) + "mend: " + PlainLine.of(mend)));
      console.out().flush();
    }

    void conclude(List<Finding> findings) {
      var failures =
          findings.stream().filter(finding -> finding.verdict() == Verdict.FAILURE).count();
      var warnings =
          findings.stream().filter(finding -> finding.verdict() == Verdict.WARNING).count();
      console
          .out()
          .println(
              "\n"
                  + (failures == 0
                      ? warnings == 0 ? "all is well" : "it works; warnings: " + warnings
                      : "failures: " + failures + ", warnings: " + warnings));
    }
  }
}
