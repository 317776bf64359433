package io.hookq.daemon.demo;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Stream;

/** Another store of its own below a root, behind {@code nix-store --serve --write}. */
final class NixFarStore implements FarStore {
  private final NixRoot root;
  private final Program program;

  private NixFarStore(NixRoot root) {
    this.root = root;
    this.program = root.program("nix-store");
  }

  static NixFarStore make(ScratchFolder scratch, NixInstallation nix)
      throws IOException, InterruptedException {
    return new NixFarStore(NixRoot.make(scratch.folder("far"), nix));
  }

  @Override
  public String description() {
    return "another store of its own, by " + root.version() + " (nix-store --serve --write)";
  }

  @Override
  public Path realStoreDir() {
    return root.realStoreDir();
  }

  @Override
  public int serve(InputStream in, OutputStream out, OutputStream err) throws IOException {
    var process = program.command("--serve", "--write").start();
    try {
      Thread.startVirtualThread(() -> pump(in, process.getOutputStream()));
      var talk = Thread.startVirtualThread(() -> pump(process.getErrorStream(), err));
      pump(process.getInputStream(), out);
      talk.join();
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("stopped");
    } finally {
      Program.stop(process);
    }
  }

  /** Hands on until either end is closed, which each of the two tells by itself. */
  private static void pump(InputStream from, OutputStream to) {
    var buffer = new byte[64 << 10];
    try (to) {
      for (var read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        to.write(buffer, 0, read);
        to.flush();
      }
    } catch (IOException e) {
      // The other direction or the exit status says why.
      return;
    }
  }

  @Override
  public Map<String, String> environment() {
    return root.environment();
  }

  @Override
  public String verify(Collection<StorePath> paths) throws IOException, InterruptedException {
    var arguments =
        Stream.concat(Stream.of("--check-validity"), paths.stream().map(StoreDir.DEFAULT::print))
            .toArray(String[]::new);
    program.run(arguments);
    program.run("--verify", "--check-contents");
    return "nix-store --verify --check-contents finds nothing wrong";
  }
}
