package io.hookq.bench;

import io.hookq.nar.NarDump;
import io.hookq.store.Nix32;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What is done for every byte, every hash, every path. Run by {@code bench/micro}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MicroBench {
  private final SplittableRandom random = new SplittableRandom(1);
  private final byte[] hash = new byte[32];
  private String base32 = "";
  private List<StorePath> paths = List.of();
  private byte[] pathsOnTheWire = {};
  private Path folder = Path.of("");
  private NarDump bigFile = new NarDump(folder);
  private NarDump smallFiles = new NarDump(folder);

  @Setup
  public void setUp() throws IOException {
    random.nextBytes(hash);
    base32 = Nix32.encode(hash);
    var made = new ArrayList<StorePath>();
    for (var i = 0; i < 1000; i++) {
      var part = new byte[20];
      random.nextBytes(part);
      made.add(new StorePath(Nix32.encode(part) + "-package-with-a-usual-name-" + i));
    }
    made.sort(Comparator.naturalOrder());
    paths = made;
    pathsOnTheWire = written();
    folder = Files.createTempDirectory("hookq-micro");
    var bytes = new byte[16 << 20];
    random.nextBytes(bytes);
    bigFile = new NarDump(Files.write(folder.resolve("big"), bytes));
    var tree = Files.createDirectory(folder.resolve("tree"));
    for (var i = 0; i < 500; i++) {
      Files.writeString(tree.resolve("file-" + i), "a small file, number " + i);
    }
    smallFiles = new NarDump(tree);
  }

  @TearDown
  public void tearDown() throws IOException {
    try (var all = Files.walk(folder)) {
      for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private byte[] written() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var wire = new WireWriter(bytes);
    wire.writeStorePaths(StoreDir.DEFAULT, paths);
    wire.flush();
    return bytes.toByteArray();
  }

  @Benchmark
  public void narOfOneFileOf16MiB() throws IOException {
    bigFile.writeTo(OutputStream.nullOutputStream());
  }

  @Benchmark
  public void narOf500SmallFiles() throws IOException {
    smallFiles.writeTo(OutputStream.nullOutputStream());
  }

  @Benchmark
  public String base32OfAHash() {
    return Nix32.encode(hash);
  }

  @Benchmark
  public byte[] hashOfBase32() {
    return Nix32.decode(base32, hash.length);
  }

  @Benchmark
  public byte[] write1000StorePaths() throws IOException {
    return written();
  }

  @Benchmark
  public Object read1000StorePaths() throws IOException {
    return new WireReader(new ByteArrayInputStream(pathsOnTheWire))
        .readStorePaths(StoreDir.DEFAULT);
  }
}
