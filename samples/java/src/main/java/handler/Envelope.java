package handler;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The envelope: what the host posts in default mode, and what it expects back. */
final class Envelope {
    private Envelope() {}

    /** An envelope that is not what the host sends; the message says what was expected. */
    static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }

    /** What the host sends. */
    record Invocation(JsonNode data, JsonNode metadata) {

        /** An object in Data: an HTTP request, a timer. */
        JsonNode object(String name) {
            JsonNode object = data.path(name);
            if (!object.isObject()) {
                throw new Malformed("Expected `" + name + "` to be an object");
            }
            return object;
        }

        /** A text in Data. */
        String text(String name) {
            return decodeText(data, name);
        }

        /** A text in Data that may be missing. */
        String textOrNull(String name) {
            JsonNode value = decode(data, name);
            if (!value.isTextual() && !value.isNull()) {
                throw undecodable(name, "a text or null");
            }
            return value.textValue();
        }

        /** A text in Metadata. */
        String metadataText(String name) {
            return decodeText(metadata, name);
        }

        /** The texts of an array in Data. */
        List<String> texts(String name) {
            List<String> texts = new ArrayList<>();
            JsonNode array = decode(data, name);
            array.forEach(element -> texts.add(element.textValue()));
            if (!array.isArray() || texts.contains(null)) {
                throw undecodable(name, "an array of strings");
            }
            return texts;
        }

        /** Bytes in Data. */
        byte[] bytes(String name) {
            String base64 = data.path(name).textValue();
            try {
                if (base64 != null) {
                    return Base64.getDecoder().decode(base64);
                }
            } catch (IllegalArgumentException e) {
                // The same complaint as for what is no string.
            }
            throw new Malformed("Expected `" + name + "` to be base64");
        }

        /** Which attempt at a message this is. */
        // DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
        int attempt() {
            if (!metadata.has("DequeueCount")) {
                return 0;
            }
            JsonNode count = decode(metadata, "DequeueCount");
            if (!count.isInt() || count.intValue() < 0) {
                throw undecodable("DequeueCount", "a number");
            }
            return count.intValue();
        }
    }

    /** What the host expects back. */
    // The host prints each line of Logs under the category Function.<Name>.User.
    record Result(
            @JsonProperty("Outputs") Map<String, Object> outputs,
            @JsonProperty("Logs") List<String> logs,
            @JsonProperty("ReturnValue") Object returnValue) {}

    /** The value of the http output. */
    record HttpOutput(int statusCode, Map<String, String> headers, String body) {}

    /**
     * Reads what the host posted.
     *
     * @throws Malformed when it is no envelope
     */
    static Invocation read(byte[] body) {
        JsonNode envelope = Json.tryParse(new String(body, StandardCharsets.UTF_8));
        Invocation invocation = new Invocation(envelope.path("Data"), envelope.path("Metadata"));
        if (!invocation.data().isObject() || !invocation.metadata().isObject()) {
            throw new Malformed("Expected a JSON body such as {\"Data\":{},\"Metadata\":{}}");
        }
        return invocation;
    }

    /** The value of a queue or blob output: exactly this text. */
    static String output(String text) {
        return output(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The value of a queue or blob output: exactly these bytes. */
    // The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact
    // bytes.
    static String output(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    // A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
    private static JsonNode decode(JsonNode section, String name) {
        String text = section.path(name).textValue();
        return text == null ? MissingNode.getInstance() : Json.tryParse(text);
    }

    /** Like {@code decode}, where only a text will do: a queue message, a name. */
    private static String decodeText(JsonNode section, String name) {
        JsonNode value = decode(section, name);
        if (!value.isTextual()) {
            throw undecodable(name, "a text");
        }
        return value.textValue();
    }

    private static Malformed undecodable(String name, String expected) {
        return new Malformed("Expected `" + name + "` to be " + expected + ", as JSON inside a JSON string");
    }
}
