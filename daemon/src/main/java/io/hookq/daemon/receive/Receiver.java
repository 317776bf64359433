package io.hookq.daemon.receive;

import io.hookq.relay.Admission;
import io.hookq.relay.RefusedException;
import io.hookq.relay.Relay;
import io.hookq.serve.ServeRelay;
import io.hookq.store.StoreDir;
import io.hookq.worker.WorkerRelay;
import io.hookq.zstd.KeepPromise;
import io.hookq.zstd.ZstdOffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * {@code hookq receive}: serves one upload over stdin and stdout, keeps what came, and lets go of
 * what is too old.
 *
 * <p>Not thread-safe. {@link #close} ends what the roots hold open.
 */
public final class Receiver implements AutoCloseable {
  private static final int REFUSED = 1;

  /** What shells say of a program that is not there; clients know it. */
  private static final int NOT_FOUND = 127;

  private final Settings settings;
  private final StoreDir storeDir = StoreDir.DEFAULT;
  private final InstantSource clock;
  private final StoreAddress store;
  private final ReceivedRoots roots;
  private final Child child;
  private final Prune prune;

  /**
   * How it is set up, by the options of the forced command.
   *
   * @param name whose key it is
   * @param store what Nix's {@code --store} is to be; empty for what Nix chooses itself
   * @param roots the folder of the roots; empty for the usual one
   * @param searchPath where Nix's programs are
   * @param home of the user that runs this
   * @param user that user's name
   */
  public record Settings(
      KeyName name,
      Optional<String> store,
      Optional<Path> roots,
      String searchPath,
      Path home,
      String user,
      Retention retention,
      Limits limits) {}

  /**
   * A receiver that has done nothing yet.
   *
   * @throws IllegalArgumentException if the store is none of this machine
   */
  public Receiver(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    store = settings.store().map(StoreAddress::parse).orElseGet(StoreAddress::usual);
    roots = ReceivedRoots.of(settings.roots(), settings.home(), storeDir, store);
    child = new Child(settings.searchPath(), settings.home(), settings.user(), store);
    prune = new Prune(storeDir, child);
  }

  /**
   * Serves one client.
   *
   * @param command {@code SSH_ORIGINAL_COMMAND}, if it is set
   * @param err what is said to the client, a line at most; the program's own stderr is this
   *     process's
   * @return the exit status
   */
  public int serve(Optional<String> command, InputStream in, OutputStream out, PrintStream err)
      throws InterruptedException {
    try {
      return serve(ForcedCommand.parse(command), in, out, err);
    } catch (RefusedException e) {
      say(err, e);
      return REFUSED;
    } catch (Child.NotFoundException e) {
      say(err, e);
      return NOT_FOUND;
    } catch (IOException e) {
      err.println("hookq receive: cannot keep what would come: " + e);
      return REFUSED;
    }
  }

  private static void say(PrintStream err, IOException why) {
    err.println("hookq receive: " + why.getMessage());
  }

  private int serve(ForcedCommand asked, InputStream in, OutputStream out, PrintStream err)
      throws IOException, InterruptedException {
    if (asked.store().isPresent() && !store.isMeantBy(asked.store().get())) {
      throw new RefusedException(
          "refused: the store '%s' is not the one that is received into"
              .formatted(ForcedCommand.shown(asked.store().get())));
    }
    var links = roots.of(settings.name());
    var door = new Doorkeeper(links, settings.limits(), clock, store::has);
    var process = child.start(asked.program(), asked.program().arguments(), Redirect.INHERIT);
    var unheld = new AtomicReference<IOException>();
    Runnable hold =
        () -> {
          try {
            roots.hold(door.made().keySet());
          } catch (IOException e) {
            unheld.compareAndSet(null, e);
          }
        };
    var session = new Session(relay(asked.program(), door), process, hold);
    var stall = settings.limits().stall();
    var ending =
        switch (asked.preface()) {
          case NONE -> session.run(in, out, stall);
          // A client that offers zstd goes on without it where there is no answer of ours.
          case ZSTD ->
              ZstdOffer.isPossible()
                  ? session.runCompressed(in, out, stall)
                  : session.run(in, out, stall);
          case KEEP -> session.runPromising(promise(), in, out, stall);
        };
    hold.run();
    var notHeld = unheld.get();
    if (notHeld != null) {
      err.println("hookq receive: warning: not held: " + notHeld.getMessage());
    }
    ending.complaint().ifPresent(why -> err.println("hookq receive: " + why));
    try {
      prune.clear(links, door.made());
      prune.run(links, settings.retention(), clock.instant());
    } catch (IOException e) {
      // What was pushed is there and kept; too much is kept until the next session.
      err.println("hookq receive: warning: not pruned: " + e);
    }
    return ending.status();
  }

  private KeepPromise promise() {
    var retention = settings.retention();
    return new KeepPromise(settings.name().text(), retention.age(), retention.bytes());
  }

  private Relay relay(Program program, Admission admission) {
    return switch (program) {
      case SERVE -> new ServeRelay(storeDir, admission);
      case DAEMON -> new WorkerRelay(storeDir, admission);
    };
  }

  /**
   * Prunes without a session.
   *
   * @param only this key; empty for all
   * @return how many links each key lost
   */
  public Map<KeyName, Integer> prune(Optional<KeyName> only) throws IOException {
    var pruned = new TreeMap<KeyName, Integer>();
    var all = looked();
    for (var name : all.names()) {
      if (only.isEmpty() || only.get().equals(name)) {
        pruned.put(name, prune.run(all.existing(name), settings.retention(), clock.instant()));
      }
    }
    return pruned;
  }

  /**
   * What is kept for whom, oldest first.
   *
   * @param only this key; empty for all
   */
  public Map<KeyName, List<Kept>> list(Optional<KeyName> only) throws IOException {
    var kept = new TreeMap<KeyName, List<Kept>>();
    var all = looked();
    for (var name : all.names()) {
      if (only.isEmpty() || only.get().equals(name)) {
        kept.put(name, all.existing(name).list());
      }
    }
    return kept;
  }

  /** Where the roots are. */
  public Path folder() {
    return looked().folder();
  }

  /** What a server keeps is looked at by others than the user that receives it, too. */
  private ReceivedRoots looked() {
    return settings.roots().isPresent() ? roots : roots.orThoseOfOthers();
  }

  /** What a path is called in full. */
  public String print(Kept kept) {
    return storeDir.print(kept.path());
  }

  @Override
  public void close() {
    roots.close();
  }
}
