package handler;

import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the host sends in default mode. */
record Envelope(JsonNode data, JsonNode metadata) {
    /** Reads and writes JSON. Left to itself, it refuses strings of 20 million characters; a large blob is longer. */
    static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build()).build());

    /** The envelope is not what the host sends; the message says what was expected, and why this is not it. */
    static final class BadEnvelope extends RuntimeException {
        BadEnvelope(String expected, RuntimeException e) {
            super("Expected " + expected + ": " + (e instanceof JacksonException j ? j.getOriginalMessage() : e.getMessage()), e);
        }
    }

    /**
     * Reads what the host posted.
     *
     * @throws BadEnvelope if it cannot be read
     */
    static Envelope read(InputStream body) {
        return expect("a JSON body such as {\"Data\":{},\"Metadata\":{}}", () -> {
            JsonNode envelope = JSON.readTree(body);
            return new Envelope(envelope.required("Data").asObject(), envelope.required("Metadata").asObject());
        });
    }

    /** The value of a JSON text, a missing node if it is not JSON. */
    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JacksonException e) {
            return JSON.missingNode();
        }
    }

    /** An object in Data: an HTTP request, a timer. */
    JsonNode object(String name) {
        return expect("`" + name + "` to be an object", () -> data.required(name).asObject());
    }

    /** A string in Data or Metadata: a queue message, the name of a blob. */
    static String string(JsonNode section, String name) {
        return decode(section, name, "a string", JsonNode::stringValue);
    }

    /** An array of strings in Data: a batch of events. */
    static List<String> strings(JsonNode section, String name) {
        return decode(section, name, "an array of strings", array ->
                List.copyOf(array.asArray().valueStream().map(JsonNode::stringValue).toList()));
    }

    /** The bytes of a blob trigger. */
    byte[] blobBytes(String name) {
        // The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
        return expect("`" + name + "` to be base64", () -> data.required(name).binaryValue());
    }

    /** Which attempt at a message this is. */
    int attempt() {
        // DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
        // It is for the log alone: a message with a property of that name has put its own value there.
        return parse(metadata.path("DequeueCount").stringValue("")).intValue(0);
    }

    private static <T> T decode(JsonNode section, String name, String expected, Function<JsonNode, T> as) {
        // A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
        return expect("`" + name + "` to be " + expected + ", as JSON inside a JSON string", () ->
                as.apply(JSON.readTree(section.required(name).stringValue())));
    }

    private static <T> T expect(String expected, Supplier<T> read) {
        try {
            return Objects.requireNonNull(read.get(), "it is null");
        } catch (RuntimeException e) {
            throw new BadEnvelope(expected, e);
        }
    }
}
