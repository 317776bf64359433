package io.hookq.store;

import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * One open connection to the store that paths are brought to.
 *
 * <p>Requests are pipelined: {@link #add} returns when the store object is written, its answer
 * comes later through the listener, in order. Methods are called by one thread; the listener is
 * called by another. After an {@link IOException} from any method the connection is mid-frame and
 * good for nothing but {@link #close}, unless {@link #isStillGood} says otherwise.
 */
public interface DestinationStore extends Closeable {
  /** Protocol and version in use, such as {@code serve 2.7}. */
  String protocol();

  /**
   * Which of {@code paths} are valid there. Those, and all that is added, are kept from the far
   * garbage collector while this connection is open. Waits for outstanding answers first.
   *
   * @param substitute whether the far side may first fetch missing paths from its own substituters
   * @throws IOException if the peer fails or the connection breaks
   */
  Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute) throws IOException;

  /**
   * Adds to paths that are valid there the signatures that they lack, as far as the peer can and
   * will; where it does not, nothing happens. Waits for outstanding answers first.
   *
   * @param infos what is known here of paths that are valid there
   * @throws IOException if the connection breaks
   */
  default void addSignatures(Collection<PathInfo> infos) throws IOException {}

  /**
   * Sends one store object, all of whose references are valid there or were added before. Blocks
   * while too much is unanswered. Hashes what it sends: a NAR that does not match {@code info} is
   * cut off before its end, so that nothing wrong becomes valid.
   *
   * @throws NarMismatchException if the bytes are not what {@code info} says
   * @throws SourceReadException if {@code nar} could not be read
   * @throws IOException if the peer fails or the connection breaks
   */
  void add(PathInfo info, NarSource nar, AddListener listener) throws IOException;

  /**
   * Whether {@link #register} may come to something: not over a protocol that knows nothing of
   * realisations, and not any more once the peer said that it keeps none.
   */
  default boolean takesRealisations() {
    return false;
  }

  /**
   * Sends one realisation, behind what was added before: its path, and what it depends on, are
   * there by then. Does not wait for the answer. A refusal is told to the listener, and costs
   * nothing else.
   *
   * @param keys sign it, in the way that the peer understands
   * @throws IOException if the peer fails or the connection breaks
   */
  default void register(Realisation realisation, List<SecretKey> keys, RegisterListener listener)
      throws IOException {
    throw new UnsupportedOperationException(protocol() + " takes no realisations");
  }

  /**
   * Sends what is still buffered and waits for nothing more than that, where the connection can.
   *
   * @throws IOException if the peer failed or the connection broke, be it a while ago
   */
  default void flush() throws IOException {
    drain();
  }

  /**
   * Sends what is still buffered and waits until everything added is answered.
   *
   * @throws IOException if the peer fails or the connection breaks
   */
  void drain() throws IOException;

  /**
   * Whether the connection goes on after a method threw: where a protocol can abandon a NAR, one
   * that could not be read here, or was not what it should be, costs no more than its path.
   */
  default boolean isStillGood() {
    return false;
  }

  /** Ends the conversation; never throws for a connection that is broken already. */
  @Override
  void close();

  /** Told of the peer's answers, on a thread of the connection. */
  interface AddListener {
    /** The path is valid there. */
    void added(PathInfo info);

    /** The peer refused this path and said why; the connection is still good. */
    void refused(PathInfo info, String reason);
  }

  /** Told of the peer's answers, on a thread of the connection or inside of the call. */
  interface RegisterListener {
    /** The peer knows it, as far as its protocol has a word for it. */
    void registered(Realisation realisation);

    /** The peer refused it and said why; the connection is still good. */
    void refused(Realisation realisation, String reason);
  }
}
