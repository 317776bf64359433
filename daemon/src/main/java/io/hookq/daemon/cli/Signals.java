package io.hookq.daemon.cli;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * Signals that we want to hear of: SIGTERM, SIGINT and SIGHUP as a request to stop in good order,
 * after which the command returns and the process exits with its own status; SIGWINCH; SIGTSTP.
 *
 * <p>A JVM's shutdown hook would do the first half; the exit status would be 143 all the same, or,
 * with {@code halt}, files that libraries delete at exit would stay. {@code sun.misc.Signal} is the
 * only other way; it is reached by reflection, for the compiler warns of its name. Where it is not
 * to be had a shutdown hook is used. Closing gives the signals back.
 */
final class Signals implements AutoCloseable {
  private static final List<String> NAMES = List.of("TERM", "INT", "HUP");

  /** SIGTSTP: Ctrl-Z. */
  private static final String SUSPENDED = "TSTP";

  /** SIGWINCH: the terminal has another size. */
  private static final String RESIZED = "WINCH";

  private final List<Runnable> undo = new ArrayList<>();

  private Signals() {}

  /** From now on {@code stop} runs, on a thread of its own, for each such signal. */
  static Signals stopHandledBy(Runnable stop) {
    var signals = new Signals();
    for (var name : NAMES) {
      try {
        signals.handle(name, stop);
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        signals.addShutdownHook(stop);
        break;
      }
    }
    return signals;
  }

  /** From now on {@code redraw} runs whenever the terminal changes its size, where that is told. */
  static Signals resizingHandledBy(Runnable redraw) {
    var signals = new Signals();
    try {
      signals.handle(RESIZED, redraw);
    } catch (ReflectiveOperationException | IllegalArgumentException _) {
      // Nobody tells us: the size is looked at before each redrawing anyway.
      return signals;
    }
    return signals;
  }

  /** From now on {@code stepAside} runs for Ctrl-Z, and has to stop this process itself. */
  static Signals suspensionHandledBy(Runnable stepAside) {
    var signals = new Signals();
    try {
      signals.handle(SUSPENDED, stepAside);
    } catch (ReflectiveOperationException | IllegalArgumentException _) {
      // The system stops us as ever.
      return signals;
    }
    return signals;
  }

  /**
   * Stops this process until somebody continues it, as {@code fg} in a shell does. The JVM raises
   * only signals that it handles, and nobody can handle SIGSTOP: another program sends it.
   *
   * @throws IOException if there is no such program
   */
  static void stopUntilContinued() throws IOException {
    var kill =
        new ProcessBuilder("kill", "-STOP", Long.toString(ProcessHandle.current().pid())).start();
    try {
      kill.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void handle(String name, Runnable stop) throws ReflectiveOperationException {
    var signalType = Class.forName("sun.misc.Signal");
    var handlerType = Class.forName("sun.misc.SignalHandler");
    var handler =
        Proxy.newProxyInstance(
            handlerType.getClassLoader(),
            new Class<?>[] {handlerType},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "handle" -> {
                    stop.run();
                    yield null;
                  }
                  case "hashCode" -> System.identityHashCode(proxy);
                  case "equals" ->
                      System.identityHashCode(proxy) == System.identityHashCode(arguments[0]);
                  default -> "hookq's handler";
                });
    var signal = signalType.getConstructor(String.class).newInstance(name);
    var handle = signalType.getMethod("handle", signalType, handlerType);
    var before = invoke(handle, signal, handler);
    undo.add(() -> giveBack(handle, signal, before));
  }

  private static Object invoke(Method handle, Object signal, Object handler)
      throws ReflectiveOperationException {
    try {
      return handle.invoke(null, signal, handler);
    } catch (InvocationTargetException e) {
      // "Signal already used by VM or OS", as with -Xrs.
      throw new ReflectiveOperationException(e);
    }
  }

  private static void giveBack(Method handle, Object signal, Object before) {
    try {
      invoke(handle, signal, before);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot give back " + signal, e);
    }
  }

  private void addShutdownHook(Runnable stop) {
    var hook = new Thread(stop, "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    undo.add(() -> Runtime.getRuntime().removeShutdownHook(hook));
  }

  @Override
  public void close() {
    undo.forEach(Runnable::run);
  }
}
