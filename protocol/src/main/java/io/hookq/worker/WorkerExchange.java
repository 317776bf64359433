package io.hookq.worker;

import io.hookq.store.DestinationStore.AddListener;
import io.hookq.store.DestinationStore.RegisterListener;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.StorePath;
import io.hookq.wire.Window;
import io.hookq.wire.WireReader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What was asked of a far daemon, one request or a run of them, and who awaits the answers. */
sealed interface WorkerExchange extends Window.Exchange {
  /** How many answers there will be. */
  int answers();

  /** Reads answer number {@code index}, whose log ended well. */
  void answered(int index, WireReader in) throws IOException;

  /** Takes note that request number {@code index} was refused; the connection is still good. */
  void refused(int index, StderrMessage.Failure refusal);

  /** What is asked, as the object of "instead of answering …". */
  String question();

  /** The path to blame if the peer ends here. */
  Optional<StorePath> suspect();

  /** A store object on its way. */
  final class Add implements WorkerExchange {
    /** What can be neither here nor there of one NAR is bounded by buffers, not by its size. */
    private static final long MAX_WEIGHT = 16 << 20;

    private final PathInfo info;
    private final AddListener listener;
    private final @Nullable TunnelledNar tunnel;
    private volatile boolean sent;
    private volatile boolean abandoned;

    /**
     * A store object.
     *
     * @param tunnel where the NAR waits to be asked for, below 1.23
     */
    Add(PathInfo info, AddListener listener, @Nullable TunnelledNar tunnel) {
      this.info = info;
      this.listener = listener;
      this.tunnel = tunnel;
    }

    /** From here on all of the NAR may be with the daemon, so that it may answer. */
    void sent() {
      sent = true;
    }

    /** The NAR ends early by our own will; what is answered to it is of no interest. */
    void abandoned() {
      abandoned = true;
      sent = true;
    }

    /** Whether an answer now is one to the whole request. */
    boolean isSent() {
      return sent;
    }

    /** The daemon asks for so much of the NAR. */
    void demanded(long wanted) throws IOException {
      if (tunnel == null) {
        throw new IOException("the daemon asks for a NAR that it is sent unasked");
      }
      tunnel.demanded(wanted);
    }

    @Override
    public int answers() {
      return 1;
    }

    @Override
    public void answered(int index, WireReader in) {
      if (!abandoned) {
        listener.added(info);
      }
    }

    @Override
    public void refused(int index, StderrMessage.Failure refusal) {
      if (!abandoned) {
        listener.refused(info, refusal.words());
      }
    }

    @Override
    public String question() {
      return "the import of " + info.path();
    }

    @Override
    public Optional<StorePath> suspect() {
      return Optional.of(info.path());
    }

    @Override
    public long weight() {
      return Math.min(info.narSize(), MAX_WEIGHT);
    }
  }

  /** A realisation on its way. */
  final class Register implements WorkerExchange {
    private final Realisation realisation;
    private final RegisterListener listener;

    Register(Realisation realisation, RegisterListener listener) {
      this.realisation = realisation;
      this.listener = listener;
    }

    @Override
    public int answers() {
      return 1;
    }

    @Override
    public void answered(int index, WireReader in) {
      listener.registered(realisation);
    }

    @Override
    public void refused(int index, StderrMessage.Failure refusal) {
      listener.refused(realisation, refusal.words());
    }

    @Override
    public String question() {
      return "the realisation of " + realisation.outPath();
    }

    @Override
    public Optional<StorePath> suspect() {
      return Optional.of(realisation.outPath());
    }

    @Override
    public long weight() {
      return 0;
    }
  }

  /** Small requests of one kind, whose asker waits for all of the answers. */
  final class Questions implements WorkerExchange {
    private final WorkerOp op;
    private final int count;
    private final Answer answer;

    /** Written by the reader before it takes this out of the window, read by the asker after. */
    private StderrMessage.@Nullable Failure firstRefusal;

    /** As many requests for {@code op} as {@code count} says. */
    Questions(WorkerOp op, int count, Answer answer) {
      this.op = op;
      this.count = count;
      this.answer = answer;
    }

    /** One request for {@code op}. */
    Questions(WorkerOp op, Single answer) {
      this(op, 1, (index, in) -> answer.read(in));
    }

    /** One for each of {@code paths}, with an answer that tells nothing. */
    static Questions confirmed(WorkerOp op, List<StorePath> paths) {
      return new Questions(op, paths.size(), (index, in) -> in.readLong());
    }

    Optional<StderrMessage.Failure> firstRefusal() {
      return Optional.ofNullable(firstRefusal);
    }

    @Override
    public int answers() {
      return count;
    }

    @Override
    public void answered(int index, WireReader in) throws IOException {
      answer.read(index, in);
    }

    @Override
    public void refused(int index, StderrMessage.Failure refusal) {
      if (firstRefusal == null) {
        firstRefusal = refusal;
      }
    }

    @Override
    public String question() {
      return op.toString();
    }

    @Override
    public Optional<StorePath> suspect() {
      return Optional.empty();
    }

    @Override
    public long weight() {
      return 0;
    }

    /** Reads the answer to one of several requests. */
    @FunctionalInterface
    interface Answer {
      void read(int index, WireReader in) throws IOException;
    }

    /** Reads the answer to the only request. */
    @FunctionalInterface
    interface Single {
      void read(WireReader in) throws IOException;
    }
  }
}
