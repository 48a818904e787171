package handler;

import com.sun.net.httpserver.HttpExchange;
import handler.Envelope.Invocation;
import handler.Envelope.Result;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The routes: which function answers which path, and what becomes of a request nobody can answer. */
final class Routes {
    private static final Map<String, Route> ROUTES = Map.ofEntries(
            // Forwarded: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it
            // came, /api included.
            forwarded("/api/hello", List.of("GET", "HEAD"), Functions::hello),
            forwarded("/api/SimpleHttpTrigger", List.of("GET", "POST"), Functions::simpleHttpTrigger),
            forwarded(
                    "/api/SimpleHttpTriggerWithReturn",
                    List.of("GET", "POST"),
                    Functions::simpleHttpTriggerWithReturn),

            // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects
            // {"Outputs", "Logs", "ReturnValue"} as application/json.
            invoked("/HttpTriggerStringReturnValue", Functions::httpTriggerStringReturnValue),
            invoked("/HttpTriggerWithOutputs", Functions::httpTriggerWithOutputs),
            invoked("/QueueTrigger", Functions::queueTrigger),
            invoked("/QueueTriggerWithOutputs", Functions::queueTriggerWithOutputs),
            invoked("/BlobTrigger", Functions::blobTrigger),
            invoked("/EventHubTrigger", Functions::eventHubTrigger),
            invoked("/TimerTrigger", Functions::timerTrigger));

    private Routes() {}

    private record Route(List<String> methods, Function<Request, Response> answer) {}

    /** Answers one HTTP exchange. */
    static void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            write(exchange, answer(read(exchange)));
        }
    }

    /** Answers one request, whatever it asks. */
    static Response answer(Request request) {
        Route route = ROUTES.get(request.path());
        if (route == null) {
            // The host asks GET / until anything answers: any status means ready, even 404.
            return Response.text(404, "Not found");
        }
        if (!route.methods().contains(request.method())) {
            return Response.notAllowed(route.methods());
        }
        return route.answer().apply(request);
    }

    private static Map.Entry<String, Route> forwarded(
            String path, List<String> methods, Function<Request, Response> function) {
        return Map.entry(path, new Route(methods, function));
    }

    private static Map.Entry<String, Route> invoked(String path, Function<Invocation, Result> function) {
        return Map.entry(path, new Route(List.of("POST"), request -> invoke(function, request.body())));
    }

    private static Response invoke(Function<Invocation, Result> function, byte[] body) {
        try {
            return Response.json(Json.write(function.apply(Envelope.read(body))));
        } catch (Envelope.Malformed e) {
            return failed(400, e.getMessage());
        } catch (Functions.Unprocessable e) {
            // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in
            // all, then moves it to the poison queue.
            return failed(500, e.getMessage());
        } catch (RuntimeException e) {
            // A mistake in a function costs this invocation, not the handler.
            e.printStackTrace();
            return failed(500, e.toString());
        }
    }

    private static Response failed(int status, String message) {
        // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as
        // information.
        System.err.println(message);
        return Response.text(status, message);
    }

    private static Request read(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        // The host sends the envelope chunked, without a Content-Length.
        byte[] body = exchange.getRequestBody().readAllBytes();
        return new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getRawPath(),
                exchange.getRequestURI().getRawQuery(),
                headers,
                body);
    }

    private static void write(HttpExchange exchange, Response response) throws IOException {
        response.headers().forEach(exchange.getResponseHeaders()::set);
        byte[] body = response.body();
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(response.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(response.status(), body.length);
        exchange.getResponseBody().write(body);
    }
}
