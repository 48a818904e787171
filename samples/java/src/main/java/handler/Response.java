package handler;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What goes back over HTTP. */
record Response(int status, Map<String, String> headers, byte[] body) {

    static Response text(int status, String text) {
        return new Response(status, Map.of("Content-Type", "text/plain; charset=utf-8"),
                text.getBytes(StandardCharsets.UTF_8));
    }

    static Response json(byte[] json) {
        return new Response(200, Map.of("Content-Type", "application/json"), json);
    }

    /** The answer to a method that the path does not have. */
    static Response notAllowed(List<String> methods) {
        String use = methods.stream().filter(method -> !method.equals("HEAD")).collect(Collectors.joining(" or "));
        return new Response(
                405,
                Map.of("Content-Type", "text/plain; charset=utf-8", "Allow", String.join(", ", methods)),
                ("Use " + use).getBytes(StandardCharsets.UTF_8));
    }
}
