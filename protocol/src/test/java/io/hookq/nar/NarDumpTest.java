package io.hookq.nar;

import static io.hookq.nar.NarVectorsTest.dump;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.docs.Operations;
import io.hookq.peers.Peers;
import io.hookq.peers.TempFolder;
import io.hookq.store.SourceReadException;
import io.hookq.store.Vectors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NarDumpTest {
  private final TempFolder folder = TempFolder.create();

  @AfterEach
  void delete_the_folder() {
    folder.close();
  }

  @Test
  void random_trees_give_the_bytes_that_nix_gives() throws IOException, InterruptedException {
    for (var seed = 0L; seed < 25; seed++) {
      var random = new RandomTree(seed);
      var tree = folder.resolve("tree-" + seed);
      random.visit(new NarRestore(tree));
      var written = new ByteArrayOutputStream();
      random.visit(new NarWriter(written));
      assertThat(Arrays.equals(dump(new NarDump(tree)), written.toByteArray()))
          .as("tree of seed %d: dumped as it was made", seed)
          .isTrue();
      assertThat(Arrays.equals(NixStoreDump.of(tree), written.toByteArray()))
          .as("tree of seed %d: as nix-store --dump", seed)
          .isTrue();
      var copied = new ByteArrayOutputStream();
      NarReader.copy(new ByteArrayInputStream(written.toByteArray()), copied);
      assertThat(Arrays.equals(copied.toByteArray(), written.toByteArray()))
          .as("tree of seed %d: read back", seed)
          .isTrue();
    }
  }

  @Test
  void a_folder_of_30000_files_gives_the_bytes_that_nix_gives()
      throws IOException, InterruptedException {
    var tree = folder.folder("tree");
    for (var i = 0; i < 30_000; i++) {
      Files.write(tree.resolve("f" + Integer.toString(i * 7919, 36)), new byte[i % 17]);
    }
    assertThat(Arrays.equals(dump(new NarDump(tree)), NixStoreDump.of(tree))).isTrue();
  }

  @Test
  void a_file_of_more_than_4_gib_passes_in_constant_memory()
      throws IOException, InterruptedException {
    Peers.require("nix-store");
    var file = folder.resolve("sparse");
    var size = (4L << 30) + 12_345;
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(size);
      sparse.seek(size - 3);
      sparse.write('x');
    }
    var nix =
        new ProcessBuilder(Peers.require("nix-store").toString(), "--dump", file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var before = threads.getCurrentThreadAllocatedBytes();
    // Side by side: neither NAR is ever held, and every byte is compared.
    try (var compared = new Comparison(nix.getInputStream())) {
      new NarDump(file).writeTo(compared);
      assertThat(compared.count).isEqualTo(112 + size + (-size & 7));
    }
    assertThat(nix.waitFor()).isZero();
    // Some garbage for each of 65,537 reads, and nothing that grows with what is in them.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32L << 20);
  }

  @Test
  void only_the_owners_permission_makes_an_executable() throws IOException {
    for (var mode : new String[] {"rwxr--r--", "rw-r-xr-x"}) {
      var file = folder.resolve(mode);
      Files.writeString(file, "hello\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
      var text = new String(dump(new NarDump(file)), StandardCharsets.ISO_8859_1);
      assertThat(text.contains("executable")).as(mode).isEqualTo(mode.startsWith("rwx"));
    }
  }

  @Test
  void a_link_at_the_root_is_not_followed() throws IOException {
    var link = folder.resolve("link");
    Files.createSymbolicLink(link, Path.of("/nix/store/some-target"));
    assertThat(dump(new NarDump(link))).isEqualTo(Vectors.bytes("nar/symlink-abs.nar"));
  }

  @Test
  void a_link_keeps_its_bytes_whether_or_not_it_leads_to_a_directory_here()
      throws IOException, InterruptedException {
    // Java's URIs depend on the working directory and on which directories exist.
    var umlaut = "ü".getBytes(StandardCharsets.UTF_8);
    Files.createDirectory(RawPath.child(folder.path(), umlaut));
    for (var target :
        new String[] {
          ".", "src", "src/", "ü", "../ü/", "/", folder.path() + "/ü", folder.path() + "/ü/"
        }) {
      var link = folder.resolve("link");
      var bytes = target.getBytes(StandardCharsets.UTF_8);
      Files.createSymbolicLink(link, RawPath.link(bytes));
      assertThat(RawPath.target(Files.readSymbolicLink(link))).isEqualTo(bytes);
      assertThat(dump(new NarDump(link))).as(target).isEqualTo(NixStoreDump.of(link));
      Files.delete(link);
    }
  }

  @Test
  void a_link_keeps_two_slashes_in_a_row() throws IOException, InterruptedException {
    for (var target : new String[] {"a//b", "//", "//a", "a//", "//ü", "ü//x", "/ü//x/"}) {
      var link = folder.resolve("link");
      // Made by another program, because Java would write one slash.
      var status = new ProcessBuilder("ln", "-s", target, link.toString()).start().waitFor();
      assertThat(status).isZero();
      assertThat(dump(new NarDump(link))).as(target).isEqualTo(NixStoreDump.of(link));
      Files.delete(link);
    }
  }

  @Test
  void a_file_that_shrinks_meanwhile_is_a_failure_to_read() throws IOException {
    var file = folder.resolve("shrinks");
    Files.write(file, new byte[1 << 20]);
    assertThatThrownBy(() -> new NarDump(file).writeTo(changing(file, 300_000)))
        .isInstanceOf(SourceReadException.class)
        .hasMessage(
            file + " shrank while it was read: %d of %d bytes are missing", 748_576, 1 << 20);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1_000_000})
  void a_file_that_grows_meanwhile_is_a_failure_to_read(int more) throws IOException {
    var file = folder.resolve("grows");
    Files.write(file, new byte[1 << 20]);
    assertThatThrownBy(() -> new NarDump(file).writeTo(changing(file, (1 << 20) + more)))
        .isInstanceOf(SourceReadException.class)
        .hasMessage(file + " grew while it was read: it had %d bytes", 1 << 20);
  }

  @Test
  void what_is_not_there_is_a_failure_to_read() {
    assertThatThrownBy(() -> dump(new NarDump(folder.resolve("nothing"))))
        .isInstanceOf(SourceReadException.class)
        .hasMessage("cannot read " + folder.resolve("nothing") + ": no such file")
        .hasCauseInstanceOf(NoSuchFileException.class);
  }

  @Test
  void what_is_not_permitted_is_a_failure_to_read_with_that_cause() throws IOException {
    var file = folder.resolve("secret");
    Files.writeString(file, "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    Assumptions.assumeFalse(Files.isReadable(file), "root reads everything");
    assertThatThrownBy(() -> dump(new NarDump(file)))
        .isInstanceOf(SourceReadException.class)
        .hasMessage("cannot read " + file + ": permission denied")
        .hasCauseInstanceOf(AccessDeniedException.class);
  }

  @Test
  void a_fifo_is_a_failure_to_read_and_never_opened() throws IOException, InterruptedException {
    var tree = folder.folder("tree");
    var fifo = tree.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> dump(new NarDump(tree)))
        .isInstanceOf(SourceReadException.class)
        .hasMessage(fifo + " is neither a file, a directory nor a symbolic link");
  }

  @Test
  void a_socket_is_a_failure_to_read() throws IOException {
    var socket = folder.resolve("socket");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      assertThatThrownBy(() -> dump(new NarDump(socket)))
          .isInstanceOf(SourceReadException.class)
          .hasMessageContaining("neither a file");
    }
  }

  @Test
  void a_device_is_a_failure_to_read() {
    assertThatThrownBy(() -> dump(new NarDump(Path.of("/dev/null"))))
        .isInstanceOf(SourceReadException.class)
        .hasMessageContaining("neither a file");
  }

  @Test
  void the_64th_level_is_the_last() throws IOException {
    var root = folder.folder("d");
    var deepest = root;
    for (var level = 2; level <= 64; level++) {
      deepest = Files.createDirectory(deepest.resolve("d"));
    }
    var nar = dump(new NarDump(root));
    NarReader.read(new ByteArrayInputStream(nar), new SilentVisitor());
    var beyond = deepest.resolve("file");
    Files.createFile(beyond);
    assertThatThrownBy(() -> dump(new NarDump(root)))
        .isInstanceOf(SourceReadException.class)
        .hasMessage(beyond + " lies deeper than the 64 levels that Nix allows")
        .extracting(Throwable::getMessage)
        .satisfies(it ->
            assertThat(it).is(Operations.says("lies deeper than the 64 levels that Nix allows")));
  }

  @Test
  void a_failure_to_write_is_not_a_failure_to_read() throws IOException {
    var file = folder.resolve("file");
    Files.writeString(file, "x");
    var failure = new IOException("the other side is gone");
    var broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw failure;
          }
        };
    assertThatThrownBy(() -> new NarDump(file).writeTo(broken)).isSameAs(failure);
  }

  @Test
  void an_interrupted_thread_stops_reading() throws IOException {
    var file = folder.resolve("file");
    Files.writeString(file, "x");
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> dump(new NarDump(file)))
          .isInstanceOf(ClosedByInterruptException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void a_dump_can_be_written_again() throws IOException {
    var file = folder.resolve("file");
    Files.writeString(file, "hello\n");
    var dump = new NarDump(file);
    assertThat(dump(dump)).isEqualTo(dump(dump)).isEqualTo(Vectors.bytes("nar/file-6.nar"));
  }

  @Test
  void the_case_hack_is_undone_where_it_is_on() throws IOException {
    var tree = folder.folder("tree");
    for (var file :
        new String[] {
          "AAA=AAA",
          "README=README",
          "Readme~nix~case~hack~1=Readme",
          "aaa~nix~case~hack~1=aaa",
          "readme~nix~case~hack~2=readme"
        }) {
      var parts = file.split("=", -1);
      Files.writeString(tree.resolve(parts[0]), contentsIn("case-collision.nar", parts[1]));
    }
    assertThat(dump(new NarDump(tree, CaseHack.ON)))
        .isEqualTo(Vectors.bytes("nar/case-collision.nar"));
    assertThat(dump(new NarDump(tree, CaseHack.OFF)))
        .isNotEqualTo(Vectors.bytes("nar/case-collision.nar"));
  }

  @Test
  void two_files_of_one_name_are_a_failure_to_read_under_the_case_hack() throws IOException {
    var tree = folder.folder("tree");
    Files.createFile(tree.resolve("a"));
    Files.createFile(tree.resolve("a~nix~case~hack~1"));
    assertThatThrownBy(() -> dump(new NarDump(tree, CaseHack.ON)))
        .isInstanceOf(SourceReadException.class)
        .hasMessageContaining("are one name without the case hack's suffix");
  }

  @Test
  void what_is_restored_looks_as_in_a_store() throws IOException {
    var tree = folder.resolve("tree");
    NarReader.read(new ByteArrayInputStream(Vectors.bytes("nar/nested.nar")), new NarRestore(tree));
    try (var files = Files.walk(tree)) {
      for (var file : files.filter(file -> !Files.isSymbolicLink(file)).toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .isIn("r--r--r--", "r-xr-xr-x");
        assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(1_000);
      }
    }
  }

  @Test
  void a_link_that_java_would_change_is_not_restored() {
    var restore = new NarRestore(folder.resolve("link"));
    assertThatThrownBy(() -> restore.symlink("a//b".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessage("a link target that Java cannot write: a//b");
    assertThat(folder.resolve("link")).doesNotExist();
  }

  @Test
  void nothing_that_exists_is_overwritten_and_no_link_followed() throws IOException {
    var outside = folder.resolve("outside");
    var link = folder.resolve("link");
    Files.createSymbolicLink(link, outside);
    for (var vector : new String[] {"file-6", "empty-dir", "symlink-abs"}) {
      var nar = Vectors.bytes("nar/" + vector + ".nar");
      assertThatThrownBy(() -> NarReader.read(new ByteArrayInputStream(nar), new NarRestore(link)))
          .as(vector)
          .isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(outside).doesNotExist();
  }

  /** What the file {@code name} holds in a vector. */
  private static String contentsIn(String vector, String name) throws IOException {
    var found = new ByteArrayOutputStream();
    NarReader.read(
        new ByteArrayInputStream(Vectors.bytes("nar/" + vector)),
        new SilentVisitor() {
          private boolean wanted;

          @Override
          public void entry(byte[] entry) {
            wanted = new String(entry, StandardCharsets.UTF_8).equals(name);
          }

          @Override
          public void regular(boolean executable, long size, InputStream contents)
              throws IOException {
            if (wanted) {
              contents.transferTo(found);
            }
          }
        });
    return found.toString(StandardCharsets.UTF_8);
  }

  /** An output that changes the size of {@code file} when the first bytes arrive. */
  private static OutputStream changing(Path file, long size) {
    return new OutputStream() {
      private boolean changed;

      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        // The first bytes are the tokens before the contents; by the next the file is half read.
        if (!changed) {
          changed = true;
          try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
            if (channel.size() < size) {
              channel.write(ByteBuffer.allocate(1), size - 1);
            }
          }
        }
      }
    };
  }

  /** Compares what is written to it with what another stream gives. */
  private static final class Comparison extends OutputStream {
    private final InputStream expected;
    private final byte[] buffer = new byte[256 * 1024];
    private long count;

    Comparison(InputStream expected) {
      this.expected = expected;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      assertThat(expected.readNBytes(buffer, 0, length)).isEqualTo(length);
      if (!Arrays.equals(bytes, offset, offset + length, buffer, 0, length)) {
        throw new AssertionError(
            "bytes differ between offset " + count + " and " + (count + length));
      }
      count += length;
    }

    @Override
    public void close() throws IOException {
      assertThat(expected.read()).isEqualTo(-1);
      expected.close();
    }
  }
}
