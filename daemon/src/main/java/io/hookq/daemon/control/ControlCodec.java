package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.hookq.daemon.intake.RefusalClass;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Requests and replies to lines and back; which operation has which record. Stateless.
 *
 * <p>What cannot be understood is an {@link IllegalArgumentException} that says why.
 */
final class ControlCodec {
  private static final int BLOCK = 1 << 16;

  /** Has a number and a time in it: what takes long to read for the first time. */
  private static final byte[] SAMPLE =
      "{\"number\":1,\"time\":\"1970-01-01T00:00:00Z\"}".getBytes(StandardCharsets.UTF_8);

  private ControlCodec() {}

  /**
   * Reads something: the first answer that a JVM reads takes ten milliseconds, for just to know of
   * long numbers the JDK raises five to the power of 65,536.
   */
  static void prepare() {
    var sample = sample();
    sample.number("number");
    sample.time("time");
  }

  private static JsonObject sample() {
    try {
      return JsonObject.read(new ByteArrayInputStream(SAMPLE), JsonObject::object);
    } catch (IOException e) {
      throw new IllegalStateException("a sample cannot fail to be read", e);
    }
  }

  static ControlRequest<?> decodeRequest(byte[] line) {
    var json = JsonObject.parse(text(line));
    var op = json.text("op");
    return switch (op) {
      case EnqueueRequest.OP -> EnqueueRequest.decode(json);
      case StatusRequest.OP -> new StatusRequest();
      case ListRequest.OP -> ListRequest.decode(json);
      case KickRequest.OP -> KickRequest.decode(json);
      case WaitRequest.OP -> WaitRequest.decode(json);
      case VersionRequest.OP -> new VersionRequest();
      case RetryRequest.OP -> RetryRequest.decode(json);
      case DropRequest.OP -> DropRequest.decode(json);
      case PauseRequest.OP -> PauseRequest.decode(json);
      case ResumeRequest.OP -> ResumeRequest.decode(json);
      case WhyRequest.OP -> WhyRequest.decode(json);
      case CheckRequest.OP -> CheckRequest.decode(json);
      case ReconcileRequest.OP -> ReconcileRequest.decode(json);
      default -> throw new IllegalArgumentException("unknown op \"" + op + '"');
    };
  }

  private static String text(byte[] line) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8", e);
    }
  }

  static void writeRequest(OutputStream to, ControlRequest<?> request) throws IOException {
    writeLine(
        to,
        out -> {
          out.writeStringField("op", request.op());
          request.encode(out);
        });
  }

  /** Writes a reply whose fields {@code rest} writes. */
  static void writeReply(OutputStream to, Fields rest) throws IOException {
    writeLine(
        to,
        out -> {
          out.writeBooleanField("ok", true);
          rest.write(out);
        });
  }

  static void writeRefusal(OutputStream to, RefusalClass refusalClass, String error)
      throws IOException {
    writeLine(
        to,
        out -> {
          out.writeBooleanField("ok", false);
          out.writeStringField("error", error);
          out.writeStringField("class", refusalClass.label());
        });
  }

  private static void writeLine(OutputStream to, Fields fields) throws IOException {
    try (var out = JsonObject.FACTORY.createGenerator(to)) {
      out.writeStartObject();
      fields.write(out);
      out.writeEndObject();
    }
    to.write('\n');
    to.flush();
  }

  /**
   * Reads the reply to {@code request}.
   *
   * @throws ControlRefusedException if it is a no
   * @throws EOFException if there is none
   */
  static <R> R readReply(InputStream from, ControlRequest<R> request) throws IOException {
    try {
      var json = JsonObject.read(from, request.elements());
      if (!json.bool("ok")) {
        throw new ControlRefusedException(
            json.text("error"), json.optionalText("class").orElse(RefusalClass.INTERNAL.label()));
      }
      return request.decodeReply(json);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw notUnderstood(e);
    }
  }

  /**
   * Reads the reply to a {@link ListRequest} and gives its jobs as they came, one array: a list
   * that goes on as JSON need not be taken apart.
   *
   * @throws ControlRefusedException if it is a no
   * @throws EOFException if there is none
   */
  static ByteBuffer readList(InputStream from) throws IOException {
    var reply = line(from);
    try (var parser = JsonObject.REPLIES.createParser(reply)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          var isList = parser.currentName().equals("jobs");
          if (parser.nextToken() == JsonToken.START_ARRAY && isList) {
            var begin = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
            parser.skipChildren();
            var end = Math.toIntExact(parser.currentLocation().getByteOffset());
            return ByteBuffer.wrap(reply, begin, end - begin);
          }
          parser.skipChildren();
        }
      }
    } catch (JsonProcessingException e) {
      throw notUnderstood(e);
    }
    // No list in it, so this says why, or throws.
    readReply(new ByteArrayInputStream(reply), new ListRequest(Optional.empty(), Optional.empty()));
    return ByteBuffer.wrap("[]".getBytes(StandardCharsets.UTF_8));
  }

  /** To the newline at its end or, where there is none, to the end of all. */
  private static byte[] line(InputStream from) throws IOException {
    var line = new ByteArrayOutputStream();
    var block = new byte[BLOCK];
    for (var read = from.read(block); read >= 0; read = from.read(block)) {
      line.write(block, 0, read);
      if (block[read - 1] == '\n') {
        break;
      }
    }
    return line.toByteArray();
  }

  private static IOException notUnderstood(Exception e) {
    return new IOException("the daemon's answer is not understood: " + e.getMessage(), e);
  }

  static void writeTexts(JsonGenerator out, String field, List<String> texts) throws IOException {
    out.writeArrayFieldStart(field);
    for (var text : texts) {
      out.writeString(text);
    }
    out.writeEndArray();
  }

  /** A field that is left out where there is nothing to say. */
  static void writeOptional(JsonGenerator out, String field, Optional<String> text)
      throws IOException {
    if (text.isPresent()) {
      out.writeStringField(field, text.get());
    }
  }

  static void writeNullable(JsonGenerator out, String field, Optional<String> text)
      throws IOException {
    if (text.isPresent()) {
      out.writeStringField(field, text.get());
    } else {
      out.writeNullField(field);
    }
  }

  /** Writes the fields of one object. */
  @FunctionalInterface
  interface Fields {
    void write(JsonGenerator out) throws IOException;
  }
}
