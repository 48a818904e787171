package handler;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.OptionalLong;

/** JSON by the rules that hold in this handler. */
final class Json {
    /** The largest integer that every JSON library can hold: 2^53 - 1. */
    private static final long LARGEST_INTEGER = (1L << 53) - 1;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    // Jackson stops at strings of 20 million characters; a large blob is longer.
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /** The value of a JSON text; a missing node where the text is not JSON. */
    static JsonNode tryParse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            return MAPPER.missingNode();
        }
    }

    /** The integer that a number is, {@code 7.0} too; empty where it is none, or one past 53 bits. */
    static OptionalLong integer(JsonNode node) {
        double value = node.doubleValue();
        boolean holds = node.isNumber() && value == Math.rint(value) && Math.abs(value) <= LARGEST_INTEGER;
        return holds ? OptionalLong.of((long) value) : OptionalLong.empty();
    }

    /** Writes compact JSON in UTF-8. */
    static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
