package io.hookq.peers;

/**
 * What a program that ran to its end left behind.
 *
 * @param exitStatus as the shell would say it
 * @param stdout all of it
 * @param stderr all of it
 */
public record Finished(int exitStatus, String stdout, String stderr) {
  /**
   * This, if the program succeeded.
   *
   * @throws AssertionError with what it said, if it did not
   */
  public Finished orFail(String what) {
    if (exitStatus != 0) {
      throw new AssertionError(
          what + ": exit status " + exitStatus + "\n" + stdout + "\n" + stderr);
    }
    return this;
  }
}
