package handler;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The routes: which function answers which method and path, and the functions that answer HTTP by themselves. */
final class Routes implements HttpHandler {
    /** The functions by path and method. */
    final Map<String, Map<String, HttpHandler>> routes = new TreeMap<>();

    /** The routes of all functions. */
    static Routes all() {
        Routes routes = new Routes();
        // Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came,
        // /api included, and the answer back piece by piece.
        routes.add("/api/hello", exchange -> sendText(exchange, 200, "Hello world"), "GET", "HEAD");
        routes.add("/api/SimpleHttpTrigger", Routes::simpleHttpTriggerGet, "GET");
        routes.add("/api/SimpleHttpTrigger", Routes::simpleHttpTriggerPost, "POST");
        routes.add("/api/SimpleHttpTriggerWithReturn", Routes::simpleHttpTriggerWithReturn, "GET", "POST");
        routes.add("/api/HttpTriggerWithStreaming", Routes::httpTriggerWithStreaming, "GET");

        // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects
        // {"Outputs", "Logs", "ReturnValue"} as application/json.
        routes.add("/HttpTriggerStringReturnValue", invoke(Functions::httpTriggerStringReturnValue), "POST");
        routes.add("/HttpTriggerWithOutputs", invoke(Functions::httpTriggerWithOutputs), "POST");
        routes.add("/QueueTrigger", invoke(Functions::queueTrigger), "POST");
        routes.add("/QueueTriggerWithOutputs", invoke(Functions::queueTriggerWithOutputs), "POST");
        routes.add("/BlobTrigger", invoke(Functions::blobTrigger), "POST");
        routes.add("/EventHubTrigger", invoke(Functions::eventHubTrigger), "POST");
        routes.add("/TimerTrigger", invoke(Functions::timerTrigger), "POST");
        return routes;
    }

    /** A function in default mode as one that answers HTTP requests. */
    static HttpHandler invoke(Function<Envelope, InvocationResult> function) {
        // The host sends the envelope chunked, without a Content-Length.
        return exchange -> sendJson(exchange, 200, function.apply(Envelope.read(exchange.getRequestBody())));
    }

    /** Adds a route. */
    void add(String path, HttpHandler function, String... methods) {
        for (String method : methods) {
            routes.computeIfAbsent(path, added -> new TreeMap<>()).put(method, function);
        }
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        // The JDK's server closes a connection without saying so in two cases, and whoever keeps connections, as the
        // host does, then loses the next request. If the caller asked for it: so say it here.
        if ("close".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Connection"))) {
            exchange.getResponseHeaders().set("Connection", "close");
        }
        // And if a function leaves the body of the request unread: so read it here.
        exchange.setStreams(new ByteArrayInputStream(exchange.getRequestBody().readAllBytes()), null);
        try {
            find(exchange).handle(exchange);
        } catch (Envelope.BadEnvelope e) {
            System.err.println(e.getMessage());
            sendText(exchange, 400, e.getMessage());
        } catch (Functions.Unprocessable e) {
            System.err.println(e.getMessage());
            // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in
            // all, then moves it to the poison queue.
            sendText(exchange, 500, "Internal Server Error");
        } catch (Throwable e) {
            // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as
            // information.
            System.err.print(exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath() + " failed: ");
            e.printStackTrace();
            // A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller. After an
            // Error, too: the JDK's server would leave the caller waiting. If the answer has begun, this fails, and the
            // server closes the connection.
            sendText(exchange, 500, "Internal Server Error");
        }
    }

    private HttpHandler find(HttpExchange exchange) {
        Map<String, HttpHandler> methods = routes.get(exchange.getRequestURI().getPath());
        if (methods == null) {
            // The host asks GET / until anything answers: any status means ready, even 404.
            return unknown -> sendText(unknown, 404, "Not Found");
        }
        return methods.getOrDefault(exchange.getRequestMethod(), refused -> {
            refused.getResponseHeaders().set("Allow", String.join(", ", methods.keySet()));
            sendText(refused, 405, "Method Not Allowed");
        });
    }

    private static void simpleHttpTriggerGet(HttpExchange exchange) throws IOException {
        String name = query(exchange).getOrDefault("name", "");
        sendText(exchange, 200, "Hello, " + (name.isEmpty() ? "world" : name) + "!");
    }

    private static void simpleHttpTriggerPost(HttpExchange exchange) throws IOException {
        String name = Envelope.parse(new String(exchange.getRequestBody().readAllBytes(), UTF_8)).path("name").stringValue("");
        sendText(exchange, name.isEmpty() ? 400 : 200,
                name.isEmpty() ? "Expected a JSON body such as {\"name\":\"Ada\"}" : "Hello, " + name + "!");
    }

    private static void simpleHttpTriggerWithReturn(HttpExchange exchange) throws IOException {
        Map<String, String> query = query(exchange);
        // code carries the function key: never echo a key.
        query.keySet().removeIf(name -> name.equalsIgnoreCase("code"));
        sendJson(exchange, 200, new Arrived(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), query,
                exchange.getRequestBody().readAllBytes().length,
                exchange.getRequestHeaders().getFirst("X-Azure-Functions-InvocationId")));
    }

    private record Arrived(String method, String path, Map<String, String> query, int bytes, String invocationId) {}

    private static void httpTriggerWithStreaming(HttpExchange exchange) throws IOException {
        int count = number(query(exchange).getOrDefault("count", "3"), 1, 20);
        int pauseMs = number(query(exchange).getOrDefault("pauseMs", "200"), 0, 2000);
        if (count < 0 || pauseMs < 0) {
            sendJson(exchange, 400, Map.of("error", "expected count from 1 to 20 and pauseMs from 0 to 2000"));
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        // A length of 0 stands for one that is not known yet.
        exchange.sendResponseHeaders(200, 0);
        int made = 0;
        try {
            var events = exchange.getResponseBody();
            for (; made < count; made++) {
                Thread.sleep(made == 0 ? 0 : pauseMs);
                events.write("data: {\"piece\":%d}\n\n".formatted(made + 1).getBytes(UTF_8));
                events.flush();
            }
        } catch (IOException e) {
            // When the caller goes away the host closes the connection: stop, nobody reads on. A blocking server notices
            // when it writes, one or two pieces late.
            System.out.printf("Stopped after %d pieces%n", made);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        // Not in a finally or a try with resources: after an error half an answer would look whole.
        exchange.close();
    }

    /** The number in a text, -1 if there is none of those allowed. */
    private static int number(String text, int least, int most) {
        int number = text.matches("0*[0-9]{1,4}") ? Integer.parseInt(text) : -1;
        return number >= least && number <= most ? number : -1;
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new TreeMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String pair : raw == null ? new String[0] : raw.split("&")) {
            String[] parts = (pair.contains("=") ? pair : pair + "=").split("=", 2);
            query.put(URLDecoder.decode(parts[0], UTF_8), URLDecoder.decode(parts[1], UTF_8));
        }
        return query;
    }

    private static void sendText(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", text.getBytes(UTF_8));
    }

    private static void sendJson(HttpExchange exchange, int status, Object value) throws IOException {
        send(exchange, status, "application/json", Envelope.JSON.writeValueAsBytes(value));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        // A length of -1 stands for no body.
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }
}
