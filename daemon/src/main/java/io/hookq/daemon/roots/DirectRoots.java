package io.hookq.daemon.roots;

import io.hookq.log.Logged;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * GC roots right below Nix's own folder of them, where a link is in force as soon as it is there.
 *
 * <p>Needs a folder there that belongs to us. Thread-safe.
 */
public final class DirectRoots implements GcRoots {
  private static final Logger LOG = LoggerFactory.getLogger(DirectRoots.class);

  private final LinkFolder links;

  private DirectRoots(LinkFolder links) {
    this.links = links;
  }

  /**
   * Roots in {@code folder}, which is made if we may make it; empty if we cannot write there.
   *
   * @param folder below Nix's folder of GC roots
   * @param storeDir what the links point into
   */
  public static Optional<GcRoots> in(Path folder, StoreDir storeDir) {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      make(folder);
    }
    var links = new LinkFolder(folder, storeDir);
    return links.isWritable() ? Optional.of(new DirectRoots(links)) : Optional.empty();
  }

  /** Only the last folder: one that Nix does not know of roots nothing. */
  private static void make(Path folder) {
    try {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    } catch (FileAlreadyExistsException e) {
      LOG.debug("made by somebody else meanwhile: path={}", Logged.name(folder));
    } catch (IOException e) {
      LOG.debug(
          "cannot make the folder of GC roots: path={} error={}",
          Logged.name(folder),
          Logged.text(e));
    }
  }

  @Override
  public synchronized void add(Collection<StorePath> paths) throws IOException {
    for (var path : paths) {
      links.put(path);
    }
  }

  @Override
  public synchronized void takeOver(Collection<StorePath> paths) throws IOException {
    for (var path : paths) {
      links.deleteOfHook(path);
    }
  }

  @Override
  public synchronized void remove(StorePath path) {
    try {
      links.delete(path);
    } catch (IOException e) {
      LOG.warn("a GC root stays until the next start: path={} error={}", path, Logged.text(e));
    }
  }

  @Override
  public synchronized void removeUnless(StorePath path, Need need) throws IOException {
    if (!need.isNeeded(path)) {
      remove(path);
    }
  }

  @Override
  public Set<StorePath> list() throws IOException {
    return links.list();
  }

  @Override
  public Set<StorePath> listOfHook() throws IOException {
    return links.listOfHook();
  }
}
