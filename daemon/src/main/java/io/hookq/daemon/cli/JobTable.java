package io.hookq.daemon.cli;

import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.status.ScreenStyle;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
  private static final int TRIES = 2;
  private static final int SINCE = 3;

  private final ScreenStyle style;

  JobTable(ScreenStyle style) {
    this.style = style;
  }

  /** The table, every line ended; empty where there is no job. */
  String render(List<ListRequest.Entry> jobs, Instant now) {
    if (jobs.isEmpty()) {
      return "";
    }
    var rows = new ArrayList<String[]>();
    rows.add(HEAD);
    for (var job : jobs) {
      rows.add(
          new String[] {
            job.state(),
            job.destination(),
            Integer.toString(job.attempts()),
            Figures.age(Duration.between(job.updatedAt(), now)),
            job.path()
          });
    }
    var widths = widths(rows);
    var table = new StringBuilder(line(rows.getFirst(), widths)).append('\n');
    for (var i = 0; i < jobs.size(); i++) {
      var line = line(rows.get(i + 1), widths);
      table.append(line);
      append(table, line.length(), remark(jobs.get(i), now));
      table.append('\n');
    }
    return table.toString();
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
    var reason = job.reason().map(JobTable::oneLine).orElse("");
    var next =
        job.notBefore()
            .filter(at -> at.isAfter(now))
            .map(at -> "next try in " + Figures.duration(Duration.between(now, at)))
            .orElse("");
    return reason.isEmpty() || next.isEmpty() ? reason + next : reason + "; " + next;
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\r\\n]+\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
  }

  private static int[] widths(List<String[]> rows) {
    var widths = new int[HEAD.length];
    for (var row : rows) {
      for (var i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    return widths;
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
