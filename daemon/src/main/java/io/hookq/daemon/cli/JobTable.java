package io.hookq.daemon.cli;

import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.status.PlainLine;
import io.hookq.daemon.status.ScreenStyle;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The jobs as a table: one line a job, the path whole so that it can be copied, the reason last.
 *
 * <p>On a terminal a reason that does not fit goes on a line of its own, cut at the edge; in a pipe
 * a job is always one line. Immutable.
 */
final class JobTable {
  private static final String GAP = "  ";
  private static final String[] HEAD = {"STATE", "TO", "TRIES", "SINCE", "PATH"};
  private static final int PIECE = 1 << 16;
  private static final int TRIES = 2;
  private static final int SINCE = 3;

  private final ScreenStyle style;

  /** For a place of that style. */
  JobTable(ScreenStyle style) {
    this.style = style;
  }

  /** Prints the table, every line ended; nothing where there is no job. */
  void print(List<ListRequest.Entry> jobs, Instant now, PrintStream out) {
    if (jobs.isEmpty()) {
      return;
    }
    var widths = widths(jobs, now);
    var table = new StringBuilder(line(HEAD, widths)).append('\n');
    for (var job : jobs) {
      var line = line(row(job, now), widths);
      table.append(line);
      append(table, line.length(), remark(job, now));
      table.append('\n');
      // There may be very many of them.
      if (table.length() >= PIECE) {
        out.print(table);
        table.setLength(0);
      }
    }
    out.print(table);
  }

  private String[] row(ListRequest.Entry job, Instant now) {
    return new String[] {
      job.state(),
      job.orphaned() ? job.destination() + " (orphaned)" : job.destination(),
      Integer.toString(job.attempts()),
      Figures.age(Duration.between(job.updatedAt(), now)),
      job.path()
    };
  }

  private void append(StringBuilder table, int used, String remark) {
    if (remark.isEmpty()) {
      return;
    }
    if (used + GAP.length() + remark.length() <= style.columns()) {
      table.append(GAP).append(remark);
    } else {
      table.append("\n    ").append(style.fit(remark, style.columns() - 4));
    }
  }

  /** Why it is so, and when it is tried again. */
  private static String remark(ListRequest.Entry job, Instant now) {
    var reason = job.reason().map(PlainLine::of).orElse("");
    var next =
        job.notBefore()
            .filter(at -> at.isAfter(now))
            .map(at -> "next try in " + Figures.duration(Duration.between(now, at)))
            .orElse("");
    return reason.isEmpty() || next.isEmpty() ? reason + next : reason + "; " + next;
  }

  private int[] widths(List<ListRequest.Entry> jobs, Instant now) {
    var widths = new int[HEAD.length];
    widen(widths, HEAD);
    jobs.forEach(job -> widen(widths, row(job, now)));
    return widths;
  }

  private static void widen(int[] widths, String[] row) {
    for (var i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], row[i].length());
    }
  }

  private static String line(String[] row, int[] widths) {
    var line = new StringBuilder();
    for (var i = 0; i < row.length; i++) {
      var blanks = " ".repeat(widths[i] - row[i].length());
      if (i == TRIES || i == SINCE) {
        line.append(blanks).append(row[i]).append(GAP);
      } else if (i < row.length - 1) {
        line.append(row[i]).append(blanks).append(GAP);
      } else {
        line.append(row[i]);
      }
    }
    return line.toString();
  }
}
