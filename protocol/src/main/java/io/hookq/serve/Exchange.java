package io.hookq.serve;

import io.hookq.store.DestinationStore.AddListener;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import io.hookq.wire.Window;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request that was written and the answer that is awaited for it. */
sealed interface Exchange extends Window.Exchange {
  /** Reads the answer, all of it, and hands it to whoever asked. */
  void readAnswer(WireReader in) throws IOException;

  /** What is asked, as the object of "instead of answering …". */
  String question();

  /** The path to blame if the peer ends here. */
  Optional<StorePath> suspect();

  /** A store object on its way; the answer is the number 1. */
  record Add(PathInfo info, AddListener listener) implements Exchange {
    private static final long ADDED = 1;

    /**
     * What of one NAR can be neither here nor there is bounded by the buffers of the carrier, not
     * by the NAR; so a big one takes no more of the window than this, and any fits.
     */
    private static final long MAX_WEIGHT = 16 << 20;

    @Override
    public void readAnswer(WireReader in) throws IOException {
      var start = in.offset();
      var answer = in.readLong();
      if (answer != ADDED) {
        throw new WireFormatException(
            start, "1, the answer to AddToStoreNar", Long.toUnsignedString(answer));
      }
      listener.added(info);
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

  /** A query, whose asker waits for the answer. */
  final class Query<T> implements Exchange {
    private final ServeCommand command;
    private final Optional<StorePath> suspect;
    private final Decoder<T> decoder;

    /** Written by the reader before it takes this out of the window, read by the asker after. */
    private @Nullable T answer;

    Query(ServeCommand command, Optional<StorePath> suspect, Decoder<T> decoder) {
      this.command = command;
      this.suspect = suspect;
      this.decoder = decoder;
    }

    @Override
    public void readAnswer(WireReader in) throws IOException {
      answer = decoder.read(in);
    }

    T answer() {
      if (answer == null) {
        throw new IllegalStateException(command + " is not answered yet");
      }
      return answer;
    }

    @Override
    public String question() {
      return command.toString();
    }

    @Override
    public Optional<StorePath> suspect() {
      return suspect;
    }

    @Override
    public long weight() {
      return 0;
    }

    /** Reads one answer. */
    @FunctionalInterface
    interface Decoder<T> {
      T read(WireReader in) throws IOException;
    }
  }
}
