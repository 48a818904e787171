package handler;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request as it arrived.
 *
 * @param path the path with its escapes as they came
 * @param rawQuery what stands behind the question mark, {@code null} where there is none
 * @param headers the first value of each header, under its name in lower case
 */
record Request(String method, String path, String rawQuery, Map<String, String> headers, byte[] body) {

    /** The query in its order, decoded; a name given again is joined by a comma, as the host does it. */
    Map<String, String> query() {
        Map<String, String> query = new LinkedHashMap<>();
        if (rawQuery == null) {
            return query;
        }
        for (String pair : rawQuery.split("&")) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                query.merge(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "", (a, b) -> a + "," + b);
            }
        }
        return query;
    }

    // The server has refused what is no escape before, so this decoder has nothing to throw at.
    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
