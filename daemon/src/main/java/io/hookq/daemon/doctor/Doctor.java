package io.hookq.daemon.doctor;

import java.nio.file.Files;
import java.util.function.Consumer;

/**
 * Walks every link from nix.conf to the server's garbage collector, and says of each what it saw
 * and how to mend it.
 *
 * <p>For one thread; may take as long as the destinations' connect timeouts. Whatever it opens it
 * closes.
 */
public final class Doctor {
  private final Patient patient;

  /** A doctor who has not looked yet. */
  public Doctor(Patient patient) {
    this.patient = patient;
  }

  /** Looks at one link after the other, and tells {@code sink} of each at once. */
  public void examine(Consumer<Finding> sink) {
    var findings = new Findings(sink);
    examineConfig(findings);
    var nixConf = new NixWalk(patient, findings).examine();
    new DaemonWalk(patient, findings).examine();
    new StoreWalk(patient, findings).examine();
    patient
        .config()
        .ifPresent(config -> {
          try (var walk = new DestinationWalk(patient, config, nixConf)) {
            config
                .destinations()
                .values()
                .forEach(destination -> walk.examine(destination, findings.of(destination.name())));
          }
        });
  }

  private void examineConfig(Findings findings) {
    patient
        .config()
        .ifPresentOrElse(
            config ->
                findings.ok(
                    "config",
                    patient.configFile()
                        + ": to "
                        + String.join(", ", config.destinations().keySet())),
            () ->
                findings.failure(
                    "config",
                    patient.configTrouble().orElse(patient.configFile() + " is not there"),
                    Files.exists(patient.configFile())
                        ? "correct it; hookq check-config says whether it is right then"
                        : "write it: docs/operations.md shows a short one, and all that may stand there"));
  }
}
