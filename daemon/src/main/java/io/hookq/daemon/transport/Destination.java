package io.hookq.daemon.transport;

import io.hookq.daemon.config.DestinationConfig;
import io.hookq.daemon.config.FilterConfig;
import io.hookq.daemon.planner.Filter;
import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.queue.Outage;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.ssh.SshConnector;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store that paths are brought to: its settings, the lane that does it, and how that goes.
 *
 * <p>Thread-safe. Closing it stops the lane and closes the connector; the {@link NearSide} must
 * stay open until then.
 */
public final class Destination implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Destination.class);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(4);

  private final DestinationSettings settings;
  private final DestinationConnector connector;
  private final NearSide near;
  private final Lane lane;
  private final Inquiry inquiry;
  private final Runnable wake = this::wake;

  /**
   * A destination that does nothing until {@link #start}.
   *
   * @param connector the lane's own
   * @param aside another one, for questions beside the lane
   */
  public Destination(
      DestinationSettings settings,
      DestinationConnector connector,
      DestinationConnector aside,
      NearSide near) {
    this.settings = settings;
    this.connector = connector;
    this.near = near;
    this.lane = new Lane(settings, connector, near);
    this.inquiry = new Inquiry(aside);
  }

  /**
   * The destination that {@code config} describes, behind SSH.
   *
   * @param home of the user that runs us, for the default keys
   * @param learntKnownHosts see {@link SshDestinationConnector}
   */
  public static Destination overSsh(
      DestinationConfig config,
      RetryPolicy retry,
      Path home,
      Path learntKnownHosts,
      SshConnector ssh,
      NearSide near) {
    var settings =
        new DestinationSettings(
            config.name(),
            config.uri().toString(),
            new PlanRules(
                filter(config.filter()),
                config.substituteOnDestination(),
                SigningStore.readableNames(config.signingKeys())),
            config.channels(),
            config.idleTimeout(),
            retry);
    Supplier<DestinationConnector> way =
        () ->
            new SshDestinationConnector(
                config, home, learntKnownHosts, near.source().storeDir(), ssh);
    return new Destination(settings, way.get(), way.get(), near);
  }

  private static Filter filter(FilterConfig filter) {
    return new Filter(
        filter.include(), filter.exclude(), filter.maxNarSize(), filter.skipFixedOutput());
  }

  /** As in the configuration. */
  public String name() {
    return settings.name();
  }

  /**
   * Starts the lane, and has it woken by every change of the queue; to be called once. One that was
   * paused stays so.
   *
   * @throws QueueException if the queue cannot say
   */
  public void start() throws QueueException {
    if (isPaused()) {
      LOG.info("paused since before destination={}", name());
      lane.suspend();
    }
    near.queue().onChange(wake);
    lane.start();
  }

  /** Has the lane look for due jobs now; never shortens a backoff. */
  public void wake() {
    lane.wake();
  }

  /**
   * Has all that is queued tried now, be the backoff over or not; if that fails, the backoff begins
   * anew with its first step.
   */
  public void kick() {
    lane.kick();
  }

  /**
   * Has nothing sent until {@link #resume}, over restarts too. What is on the wire is cut off and
   * goes back to the queue, no attempt counted.
   *
   * @throws QueueException if it could not be noted; it goes on then
   */
  public void pause() throws QueueException {
    if (!isPaused()) {
      near.queue().outages().began(name(), Outage.Kind.PAUSED, Optional.empty());
      LOG.info("paused destination={}", name());
    }
    lane.suspend();
  }

  /**
   * Whether nothing is sent until {@link #resume}.
   *
   * @throws QueueException if that cannot be looked up
   */
  public boolean isPaused() throws QueueException {
    return near.queue().outages().isOpen(name(), Outage.Kind.PAUSED);
  }

  /**
   * Ends a pause, and has what is queued tried now; without a pause it does nothing.
   *
   * @throws QueueException if it could not be noted; it stays paused then
   */
  public void resume() throws QueueException {
    if (isPaused()) {
      near.queue().outages().ended(name(), Outage.Kind.PAUSED);
      LOG.info("resumed destination={}", name());
      lane.resume();
    }
  }

  /** Cuts off what is on the wire, which goes back to the queue uncounted, and goes on. */
  public void cutShort() {
    lane.cutShort();
  }

  /** Whether its filter leaves out what {@code info} is of, unless something else refers to it. */
  public boolean leavesOut(PathInfo info) {
    return settings.rules().filter().leavesOut(info);
  }

  /**
   * Asks which of {@code paths} are valid there, paused or not, without disturbing the lane.
   *
   * @throws IOException if that is not known {@code within} this time; the message says why
   */
  public Set<StorePath> queryValid(Collection<StorePath> paths, Duration within)
      throws IOException {
    return inquiry.queryValid(paths, within);
  }

  /**
   * How it goes at this moment.
   *
   * @throws QueueException if the jobs cannot be counted
   */
  public DestinationSnapshot snapshot() throws QueueException {
    var counts = near.queue().counts(name());
    var view = lane.view();
    var progress = view.progress();
    var current =
        progress.current().stream()
            .map(sending ->
                new CurrentUpload(
                    near.source().storeDir().print(sending.info().path()),
                    sending.sent(),
                    sending.info().narSize()))
            .toList();
    return new DestinationSnapshot(
        name(),
        settings.uri(),
        view.state().label(),
        view.protocol(),
        connector.compression().label(),
        counts.queued(),
        counts.uploading(),
        counts.done(),
        counts.failed(),
        counts.gone(),
        progress.planned(),
        progress.sent(),
        progress.bytesPerSecond(),
        progress.etaSeconds(),
        progress.pathsTotal(),
        progress.bytesTotal(),
        connector.wireBytesSent(),
        current,
        view.lastTrouble().map(Trouble::explained),
        view.lastTrouble().map(Trouble::at),
        view.retryAt(),
        view.lastSuccessAt(),
        view.lastTrouble().map(Trouble::label),
        view.lastTrouble().flatMap(Trouble::hint),
        view.notice());
  }

  /**
   * Stops in good order: cuts the connection, puts back what was on the wire, uncounted.
   *
   * @return whether the lane ended in time
   */
  public boolean stop(Duration within) {
    near.queue().forget(wake);
    return lane.stop(within);
  }

  @Override
  public void close() {
    stop(STOP_WITHIN);
    connector.close();
  }
}
