package io.hookq.daemon.receive;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.worker.DaemonSocket;
import io.hookq.worker.DaemonStore;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The folder with the roots of all keys: below Nix's own folder of roots, or anywhere else, with
 * each link announced to the Nix daemon.
 *
 * <p>Thread-safe as far as links are announced and held. {@link #close} ends the connection to the
 * Nix daemon, if one was needed.
 */
public final class ReceivedRoots implements Closeable {
  private static final String FOLDER = "hookq-received";

  private final Path folder;
  private final StoreDir storeDir;
  private final StoreAddress store;
  private final boolean direct;
  private @Nullable DaemonStore nix;

  private ReceivedRoots(Path folder, StoreDir storeDir, StoreAddress store, boolean direct) {
    this.folder = folder;
    this.storeDir = storeDir;
    this.store = store;
    this.direct = direct;
  }

  /**
   * The roots in {@code chosen}; without it right below Nix's folder of roots where that may be
   * written, else below {@code home}.
   */
  static ReceivedRoots of(Optional<Path> chosen, Path home, StoreDir storeDir, StoreAddress store) {
    var own = store.gcRoots().resolve(FOLDER);
    var folder =
        chosen.orElseGet(() -> isOurs(own) ? own : home.resolve(".local/state/hookq/received"));
    var below = folder.toAbsolutePath().normalize().startsWith(store.gcRoots().normalize());
    return new ReceivedRoots(folder, storeDir, store, below);
  }

  /**
   * These, or where there are none yet those right below Nix's folder of roots, whoever's they are:
   * for a look at them, which needs no right to write.
   */
  ReceivedRoots orThoseOfOthers() {
    var others = store.gcRoots().resolve(FOLDER);
    return !Files.isDirectory(folder) && Files.isDirectory(others)
        ? new ReceivedRoots(others, storeDir, store, true)
        : this;
  }

  private static boolean isOurs(Path folder) {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        ? Files.isWritable(folder)
        : Files.isWritable(folder.resolveSibling("."));
  }

  /** Where they are. */
  Path folder() {
    return folder;
  }

  /**
   * The links of {@code name}, whose folder is made.
   *
   * @throws IOException if it cannot be
   */
  KeyLinks of(KeyName name) throws IOException {
    makeFolders(folder.resolve(name.text()));
    return links(name);
  }

  private KeyLinks links(KeyName name) {
    return new KeyLinks(
        folder.resolve(name.text()).toAbsolutePath(),
        storeDir,
        direct ? KeyLinks.Announcement.NONE : this::announce);
  }

  private static void makeFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    var parent = folder.getParent();
    if (parent != null) {
      makeFolders(parent);
    }
    try {
      // Nix's collector may run as another user and has to see the links.
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    } catch (FileAlreadyExistsException e) {
      // By another session at this moment.
    }
  }

  private void announce(Path link) throws IOException {
    nix().addIndirectRoot(link);
  }

  private synchronized DaemonStore nix() {
    var open = nix;
    if (open == null) {
      open = new DaemonStore(new DaemonSocket(store.socket()), storeDir, store.realStoreDir());
      nix = open;
    }
    return open;
  }

  /**
   * Has {@code paths} kept by the Nix daemon, where there is one, until {@link #close}.
   *
   * <p>A collector reads the lasting roots first, and passes over those of what is not valid yet;
   * then the temporary ones, of those who are still there. Who ends in between has neither. To be
   * called while the temporary roots of the session hold, and once more when all is valid: a
   * collector that runs is told of them at once, and one that comes later sees the links.
   */
  void hold(Collection<StorePath> paths) throws IOException {
    if (!paths.isEmpty() && (!direct || Files.exists(store.socket()))) {
      nix().addTempRoots(paths);
    }
  }

  /** Who keeps something. */
  public Set<KeyName> names() throws IOException {
    var names = new TreeSet<KeyName>();
    if (!Files.isDirectory(folder)) {
      return names;
    }
    try (var entries = Files.newDirectoryStream(folder)) {
      for (var entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          try {
            names.add(new KeyName(String.valueOf(entry.getFileName())));
          } catch (IllegalArgumentException e) {
            // Somebody else's folder.
          }
        }
      }
    }
    return names;
  }

  /** The links of {@code name}, one of {@link #names}. */
  KeyLinks existing(KeyName name) {
    return links(name);
  }

  @Override
  public synchronized void close() {
    if (nix != null) {
      nix.close();
    }
  }
}
