package io.hookq.daemon.receive;

import io.hookq.relay.RefusedException;
import io.hookq.zstd.KeepPromise;
import io.hookq.zstd.ZstdOffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the client asked sshd to run, understood.
 *
 * @param program what is meant; which file that is, is ours to say
 * @param store the store that the client names, if it names one
 * @param preface what comes before the conversation
 */
record ForcedCommand(Program program, Optional<String> store, Preface preface) {
  private static final int MAX_LENGTH = 4096;
  private static final int SHOWN = 100;

  /** What hookq on the client's side has to say before the command. */
  enum Preface {
    /** Nothing, as all others. */
    NONE(""),
    /** It offers to speak zstd on the wire. */
    ZSTD(ZstdOffer.PREFIX),
    /** It asks for how long is kept what it pushes. */
    KEEP(KeepPromise.PREFIX);

    private final String word;

    Preface(String prefix) {
      word = prefix.strip();
    }

    private static Preface of(List<String> words) {
      return Arrays.stream(values())
          .filter(preface -> !words.isEmpty() && words.getFirst().equals(preface.word))
          .findFirst()
          .orElse(NONE);
    }
  }

  /**
   * Reads {@code SSH_ORIGINAL_COMMAND}.
   *
   * @throws RefusedException if it is anything but one of our forms
   */
  static ForcedCommand parse(Optional<String> text) throws RefusedException {
    if (text.isEmpty() || text.get().isEmpty()) {
      throw new RefusedException("refused: this key gets no shell, it only copies store paths");
    }
    return match(words(text.get()).orElseThrow(() -> refused(text.get())))
        .orElseThrow(() -> refused(text.get()));
  }

  private static Optional<ForcedCommand> match(List<String> words) {
    var preface = Preface.of(words);
    var rest = preface == Preface.NONE ? words : words.subList(1, words.size());
    if (rest.isEmpty()) {
      return Optional.empty();
    }
    for (var program : Program.values()) {
      var length = 1 + program.arguments().size();
      if (!isFile(rest.getFirst(), program.file())
          || rest.size() < length
          || !rest.subList(1, length).equals(program.arguments())) {
        continue;
      }
      var more = rest.subList(length, rest.size());
      if (more.isEmpty()) {
        return Optional.of(new ForcedCommand(program, Optional.empty(), preface));
      }
      if (more.size() == 2 && more.getFirst().equals("--store")) {
        return Optional.of(new ForcedCommand(program, Optional.of(more.getLast()), preface));
      }
    }
    return Optional.empty();
  }

  /** Clients name a folder where the program is not in the PATH; it is not theirs that is run. */
  private static boolean isFile(String word, String file) {
    return word.equals(file) || (word.startsWith("/") && word.endsWith("/" + file));
  }

  /** Empty for what a shell would see more in than words. */
  private static Optional<List<String>> words(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    var inWord = false;
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (c == ' ') {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
        }
        inWord = false;
        continue;
      }
      inWord = true;
      if (c == '\'') {
        var end = text.indexOf('\'', i + 1);
        if (end < 0) {
          return Optional.empty();
        }
        word.append(text, i + 1, end);
        i = end;
      } else if (text.startsWith("\\'", i)) {
        word.append('\'');
        i++;
      } else if (isPlain(c)) {
        word.append(c);
      } else {
        return Optional.empty();
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    // A quoted control character is no part of any store's name.
    return hasControl(text) ? Optional.empty() : Optional.of(words);
  }

  /** What stores are named with, and Nix since 2.20 does not quote. */
  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "/._-+:=?%,@".indexOf(c) >= 0;
  }

  private static boolean hasControl(String text) {
    for (var i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) == 0x7f) {
        return true;
      }
    }
    return false;
  }

  /** What a client said, for a line that a terminal may show. */
  static String shown(String text) {
    var shown = text.replaceAll("[^ -~]", "?");
    return shown.length() > SHOWN ? shown.substring(0, SHOWN) + "…" : shown;
  }

  private static RefusedException refused(String text) {
    return new RefusedException(
        "refused: '%s' is not one of %s"
            .formatted(
                shown(text),
                Arrays.stream(Program.values())
                    .map(program -> "'" + program + "'")
                    .collect(Collectors.joining(", "))));
  }
}
