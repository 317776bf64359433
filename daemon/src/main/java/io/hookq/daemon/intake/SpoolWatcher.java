package io.hookq.daemon.intake;

import io.hookq.daemon.intake.SpoolFile.BrokenException;
import io.hookq.log.Logged;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in what the hook left in the spool: at start, as soon as something appears, and every now
 * and then, for a watch may miss something.
 *
 * <p>Oldest first. A file is deleted only after its order is committed; one that will never be good
 * goes to {@code rejected/}, a {@code .reason} beside it; one that is refused for now stays. One
 * thread of its own; {@link #close} ends it after the file in hand.
 */
public final class SpoolWatcher implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolWatcher.class);
  private static final Duration POLL = Duration.ofSeconds(30);

  /** The first wait after something was refused for now; doubled up to the longest. */
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

  private static final Duration LONGEST_RETRY = Duration.ofSeconds(8);

  /** From this age on a temporary file's writer is gone: the hook lives for a second. */
  private static final Duration ABANDONED = Duration.ofMinutes(1);

  /** Until this age a path that is not valid may become so. */
  private static final Duration UNRIPE = Duration.ofMinutes(10);

  /** Files in hand at a time: they share their commit and the questions to the Nix daemon. */
  private static final int BATCH = 256;

  /** What is in hand may not need more memory than this. */
  private static final int BATCH_BYTES = 1 << 20;

  private final Path folder;
  private final Set<Integer> owners;
  private final Function<byte[], Order> decoder;
  private final OrderTaker taker;
  private final Runnable changed;
  private final Runnable lookedThrough;
  private final InstantSource clock;
  private final WatchService watch;
  private final Duration poll;
  private final Thread thread;
  private volatile boolean closing;

  private SpoolWatcher(
      Path folder,
      Set<Integer> owners,
      Function<byte[], Order> decoder,
      OrderTaker taker,
      Runnable changed,
      Runnable lookedThrough,
      InstantSource clock,
      WatchService watch,
      Duration poll) {
    this.folder = folder;
    this.owners = owners;
    this.decoder = decoder;
    this.taker = taker;
    this.changed = changed;
    this.lookedThrough = lookedThrough;
    this.clock = clock;
    this.watch = watch;
    this.poll = poll;
    this.thread = Thread.ofPlatform().daemon().name("spool").unstarted(this::run);
  }

  /**
   * Starts to watch {@code folder}, which is made, 0700, if its parent is there and lets us. Where
   * it cannot be made it is looked for from time to time: an installer may bring it later.
   *
   * @param user our own user id: files of this user and of root are believed
   * @param decoder reads the line in a file; an {@link IllegalArgumentException} says that it is
   *     none
   * @param taker what becomes of the orders
   * @param changed called after files have left the spool
   * @param lookedThrough called on the spool's thread after the first look and after each poll
   * @throws IOException if nothing can be watched at all
   */
  public static SpoolWatcher start(
      Path folder,
      int user,
      Function<byte[], Order> decoder,
      OrderTaker taker,
      Runnable changed,
      Runnable lookedThrough,
      InstantSource clock)
      throws IOException {
    return start(folder, user, decoder, taker, changed, lookedThrough, clock, POLL);
  }

  static SpoolWatcher start(
      Path folder,
      int user,
      Function<byte[], Order> decoder,
      OrderTaker taker,
      Runnable changed,
      Runnable lookedThrough,
      InstantSource clock,
      Duration poll)
      throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      try {
        makePrivate(folder);
      } catch (IOException e) {
        LOG.warn("there is no spool: path={} error={}", Logged.name(folder), Logged.text(e));
      }
    }
    var watch = folder.getFileSystem().newWatchService();
    var watcher =
        new SpoolWatcher(
            folder,
            user == 0 ? Set.of(0) : Set.of(0, user),
            decoder,
            taker,
            changed,
            lookedThrough,
            clock,
            watch,
            poll);
    watcher.thread.start();
    return watcher;
  }

  private static void makePrivate(Path folder) throws IOException {
    Files.createDirectory(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** How many calls of the hook wait in the spool. */
  public int count() {
    try (var entries = Files.newDirectoryStream(folder, "[!.]*.json")) {
      var count = 0;
      for (var _ : entries) {
        count++;
      }
      return count;
    } catch (IOException e) {
      LOG.debug("the spool cannot be counted: error={}", Logged.text(e));
      return 0;
    }
  }

  private void run() {
    var retry = FIRST_RETRY;
    var polled = true;
    try {
      while (!closing) {
        var left = look(polled);
        retry = left == 0 ? FIRST_RETRY : longer(retry);
        var key = watch.poll((left == 0 ? poll : retry).toMillis(), TimeUnit.MILLISECONDS);
        polled = key == null;
        if (key != null) {
          key.pollEvents();
          key.reset();
        }
      }
    } catch (ClosedWatchServiceException e) {
      LOG.debug("the spool is watched no more: path={}", Logged.name(folder));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many files were refused for now, or one for what went wrong. */
  private int look(boolean polled) {
    try {
      keepWatching();
      var left = scan();
      if (polled) {
        lookedThrough.run();
      }
      return left;
    } catch (ClosedWatchServiceException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      // A bug, or no memory. Whatever it is, the spool is looked through again.
      LOG.error("internal error in the spool: error={}", Logged.text(e), e);
      return 1;
    }
  }

  private static Duration longer(Duration wait) {
    var twice = wait.multipliedBy(2);
    return twice.compareTo(LONGEST_RETRY) < 0 ? twice : LONGEST_RETRY;
  }

  /**
   * Before each look, for the folder may have been replaced: a watch is bound to the inode. The
   * same one watched again changes nothing.
   */
  private void keepWatching() {
    try {
      folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
    } catch (IOException e) {
      LOG.debug("the spool is polled only: path={} error={}", Logged.name(folder), Logged.text(e));
    }
  }

  /** Takes in all there is; how many files were refused for now. */
  private int scan() {
    try {
      requireOurs();
      return takeAll(files());
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      LOG.warn("the spool cannot be read: path={} error={}", Logged.name(folder), Logged.text(e));
      return 0;
    }
  }

  /** A folder that others can write to says nothing about who wrote a file in it. */
  private void requireOurs() throws IOException {
    var attributes =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isDirectory()) {
      throw new IOException("not a directory");
    }
    var uid = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!(uid instanceof Integer owner) || !owners.contains(owner)) {
      throw new IOException("owned by user " + uid);
    }
    if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("others may write there");
    }
  }

  private List<SpoolFile> files() throws IOException {
    var files = new ArrayList<SpoolFile>();
    try (var entries = Files.newDirectoryStream(folder)) {
      for (var entry : entries) {
        var file = SpoolFile.of(entry);
        if (file.isPresent()) {
          files.add(file.get());
        } else if (!entry.getFileName().toString().startsWith(".")
            && !Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          reject(entry, "not a name that the hook gives");
        }
      }
    }
    files.removeIf(file -> file.isTemporary() && isYounger(file, ABANDONED));
    files.sort(null);
    return files;
  }

  private boolean isYounger(SpoolFile file, Duration age) {
    return file.writtenAt().plus(age).isAfter(clock.instant());
  }

  private int takeAll(List<SpoolFile> files) {
    var left = 0;
    var inHand = new ArrayList<Held>();
    var bytes = 0;
    for (var file : files) {
      if (closing) {
        return left;
      }
      var line = read(file);
      if (line.isEmpty()) {
        left += Files.exists(file.path(), LinkOption.NOFOLLOW_LINKS) ? 1 : 0;
        continue;
      }
      inHand.add(new Held(file, line.get()));
      bytes += line.get().paths().stream().mapToInt(String::length).sum();
      if (inHand.size() == BATCH || bytes >= BATCH_BYTES) {
        left += take(inHand);
        inHand.clear();
        bytes = 0;
      }
    }
    return left + take(inHand);
  }

  /** A file in hand. */
  private record Held(SpoolFile file, Order order) {}

  /** Empty if it is rejected, gone, or not readable now. */
  private Optional<Order> read(SpoolFile file) {
    try {
      return Optional.of(decoder.apply(file.read(owners)).spooled());
    } catch (NoSuchFileException e) {
      LOG.debug("a spool file is gone: file={}", Logged.name(file.path()));
    } catch (BrokenException | IllegalArgumentException e) {
      reject(file.path(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      LOG.warn(
          "a spool file stays for now: file={} error={}", Logged.name(file.path()), Logged.text(e));
    }
    return Optional.empty();
  }

  /** How many of them stay in the spool. */
  private int take(List<Held> inHand) {
    if (inHand.isEmpty()) {
      return 0;
    }
    try {
      var refusals =
          taker.take(
              inHand.stream().map(Held::order).toList(), inHand.getLast().file().writtenAt());
      var left = 0;
      for (var i = 0; i < inHand.size(); i++) {
        left += settle(inHand.get(i).file(), refusals.get(i)) ? 0 : 1;
      }
      changed.run();
      return left;
    } catch (IOException e) {
      LOG.warn("spool files stay for now: files={} error={}", inHand.size(), Logged.text(e));
      return inHand.size();
    } catch (RuntimeException e) {
      return inHand.size() == 1 ? blame(inHand.getFirst().file(), e) : takeEach(inHand);
    }
  }

  private int takeEach(List<Held> inHand) {
    var left = 0;
    for (var held : inHand) {
      left += take(List.of(held));
    }
    return left;
  }

  private int blame(SpoolFile file, RuntimeException e) {
    LOG.error(
        "a spool file is rejected: file={} error={}", Logged.name(file.path()), Logged.text(e), e);
    return reject(file.path(), e.toString()) ? 0 : 1;
  }

  /** Whether the file has left the spool. */
  private boolean settle(SpoolFile file, Optional<RefusedException> refusal) {
    if (refusal.isPresent()) {
      return rejectIfForGood(file, refusal.get());
    }
    try {
      Files.deleteIfExists(file.path());
      return true;
    } catch (IOException e) {
      LOG.warn(
          "a spool file stays for now: file={} error={}", Logged.name(file.path()), Logged.text(e));
      return false;
    }
  }

  private boolean rejectIfForGood(SpoolFile file, RefusedException e) {
    var forGood =
        switch (e.refusalClass()) {
          case BAD_REQUEST -> true;
          case NOT_VALID -> !isYounger(file, UNRIPE);
          case RETRY, FORBIDDEN, INTERNAL -> false;
        };
    if (forGood) {
      return reject(file.path(), String.valueOf(e.getMessage()));
    }
    LOG.info(
        "a spool file stays for now: file={} error={}",
        Logged.name(file.path()),
        Logged.text(e.getMessage()));
    return false;
  }

  private boolean reject(Path file, String reason) {
    var rejected = folder.resolve("rejected");
    var name = String.valueOf(file.getFileName());
    try {
      if (!Files.isDirectory(rejected, LinkOption.NOFOLLOW_LINKS)) {
        makePrivate(rejected);
      }
      Files.writeString(rejected.resolve(name + ".reason"), reason + "\n");
      Files.move(file, rejected.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      LOG.warn(
          "a spool file is rejected: file={} error={}",
          Logged.name(rejected.resolve(name)),
          Logged.text(reason));
      changed.run();
      return true;
    } catch (IOException e) {
      LOG.warn(
          "a spool file cannot be rejected: file={} error={}", Logged.name(file), Logged.text(e));
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    closing = true;
    watch.close();
    try {
      thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What becomes of the orders in the spool. */
  @FunctionalInterface
  public interface OrderTaker {
    /**
     * Takes in {@code orders}, the oldest first; durable when this returns.
     *
     * @param writtenAt when the hook wrote the last of them
     * @return why not, for each of them; empty where it is taken in
     * @throws IOException if that cannot be done now
     */
    List<Optional<RefusedException>> take(List<Order> orders, Instant writtenAt) throws IOException;
  }
}
