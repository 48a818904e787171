package handler;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** What the host expects back in default mode. */
// The host prints each line of Logs under the category Function.<Name>.User.
record InvocationResult(
        @JsonProperty("Outputs") Map<String, Object> outputs,
        @JsonProperty("Logs") List<String> logs,
        @JsonProperty("ReturnValue") Object returnValue) {

    /** The value of an http output. */
    record HttpOutput(int statusCode, Map<String, String> headers, String body) {}

    /** The value of an http output with a JSON body. */
    static HttpOutput jsonOutput(int status, Object body) {
        // The body is a string: an object would arrive indented, as text/plain.
        return new HttpOutput(status, Map.of("content-type", "application/json"), Envelope.JSON.writeValueAsString(body));
    }

    /** The value of a queue or blob output: exactly this text. */
    static String outputBytes(String text) {
        return outputBytes(text.getBytes(UTF_8));
    }

    /** The value of a queue or blob output: exactly these bytes. */
    static String outputBytes(byte[] bytes) {
        // The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact
        // bytes.
        return Base64.getEncoder().encodeToString(bytes);
    }
}
