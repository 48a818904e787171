package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The handler over real HTTP: the functions that answer by themselves, and what holds for all. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerTest {
    private static final String MISTAKE = "{\"error\":\"expected count from 1 to 20 and pauseMs from 0 to 2000\"}";

    private HttpServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        // The client sends `Connection: close` only if it is told that it may, before it is first used.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "connection");
        Routes routes = Routes.all();
        // Routes of these tests alone, so that no function is missed here when you delete it.
        routes.add("/Broken", Routes.invoke(envelope -> {
            throw new IllegalStateException("the secret cause");
        }), "POST");
        routes.add("/api/Broken", exchange -> {
            throw new AssertionError("the secret cause");
        }, "GET");
        routes.add("/api/Unread", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        }, "POST");
        routes.add("/Invoked", Routes.invoke(envelope -> new InvocationResult(
                Map.of("message", Envelope.string(envelope.data(), "message")), List.of(), null)), "POST");
        server = Main.start(0, routes);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void helloGreetsTheWorld() throws Exception {
        assertEquals("200 text/plain; charset=utf-8 Hello world", send("GET", "/api/hello", ""));
        assertEquals("200 text/plain; charset=utf-8 ", send("HEAD", "/api/hello", ""));
        HttpResponse<String> refused = client.send(request("POST", "/api/hello", "x"), BodyHandlers.ofString());
        assertEquals(405, refused.statusCode());
        assertEquals("GET, HEAD", refused.headers().firstValue("Allow").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"?name=Zo%C3%AB, Zoë", "?name=Ada+B, Ada B", "?name=a=b, a=b", "'', world", "?name=, world", "?name, world"})
    void simpleHttpTriggerGreetsTheNameInTheQuery(String query, String name) throws Exception {
        assertEquals(
                "200 text/plain; charset=utf-8 Hello, " + name + "!",
                send("GET", "/api/SimpleHttpTrigger" + query, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "name=Ada", "{}", "{\"name\":\"\"}", "{\"name\":7}", "{\"name\":null}", "null"})
    void simpleHttpTriggerExpectsANameInTheBody(String body) throws Exception {
        assertEquals(
                "400 text/plain; charset=utf-8 Expected a JSON body such as {\"name\":\"Ada\"}",
                send("POST", "/api/SimpleHttpTrigger", body));
        assertEquals(
                "200 text/plain; charset=utf-8 Hello, Ada!",
                send("POST", "/api/SimpleHttpTrigger", "{\"name\":\"Ada\"}"));
    }

    @Test
    void simpleHttpTriggerWithReturnTellsWhatArrivedButNotTheKey() throws Exception {
        String arrived = send("POST", "/api/SimpleHttpTriggerWithReturn?Code=secret&flag", "abc");
        assertEquals(
                "200 application/json {\"method\":\"POST\",\"path\":\"/api/SimpleHttpTriggerWithReturn\","
                        + "\"query\":{\"flag\":\"\"},\"bytes\":3,\"invocationId\":\"42\"}",
                arrived);
    }

    @ParameterizedTest
    @ValueSource(strings = {"count=0", "count=21", "count=x", "count=", "pauseMs=-1", "pauseMs=2001", "pauseMs=1.5"})
    void httpTriggerWithStreamingExpectsNumbersWithinLimits(String query) throws Exception {
        assertEquals("400 application/json " + MISTAKE, send("GET", "/api/HttpTriggerWithStreaming?" + query, ""));
    }

    @Test
    void httpTriggerWithStreamingSendsPiecesUntilTheCallerGoesAway() throws Exception {
        assertEquals(
                "200 text/event-stream data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n",
                send("GET", "/api/HttpTriggerWithStreaming?count=2&pauseMs=0", ""));

        Process program = program("0");
        try (BufferedReader output = program.inputReader()) {
            int port = URI.create(output.readLine().split(" ")[2]).getPort();
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.getOutputStream().write(
                        "GET /api/HttpTriggerWithStreaming?count=20&pauseMs=1000 HTTP/1.1\r\n\r\n".getBytes(UTF_8));
                var answer = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
                assertTrue(answer.lines().anyMatch("data: {\"piece\":1}"::equals));
            }
            // All twenty would take 19 s, and then there would be no such line.
            assertTrue(output.readLine().startsWith("Stopped after "));
        } finally {
            program.destroy();
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, /api/Broken, java.lang.AssertionError", "POST, /Broken, java.lang.IllegalStateException"})
    void aFunctionThatThrowsIsLoggedAndAnswered500(String method, String path, String cause) throws Exception {
        var logged = new ByteArrayOutputStream();
        assertEquals(
                "500 text/plain; charset=utf-8 Internal Server Error",
                sendWithLog(method, path, "{\"Data\":{},\"Metadata\":{}}", logged));
        List<String> lines = logged.toString(UTF_8).lines().toList();
        assertEquals(method + " " + path + " failed: " + cause + ": the secret cause", lines.get(0));
        assertTrue(lines.get(1).startsWith("\tat "), lines.get(1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                     | a JSON body such as {"Data":{},"Metadata":{}}
            not json                               | a JSON body such as {"Data":{},"Metadata":{}}
            null                                   | a JSON body such as {"Data":{},"Metadata":{}}
            {"Data":{}}                            | a JSON body such as {"Data":{},"Metadata":{}}
            {"Data":[],"Metadata":{}}              | a JSON body such as {"Data":{},"Metadata":{}}
            {"Data":{},"Metadata":{}}              | `message` to be a string, as JSON inside a JSON string
            {"Data":{"message":"x"},"Metadata":{}} | `message` to be a string, as JSON inside a JSON string
            """)
    void anEnvelopeThatCannotBeReadIsABadRequest(String envelope, String expected) throws Exception {
        var logged = new ByteArrayOutputStream();
        assertEquals(
                "400 text/plain; charset=utf-8 Expected " + expected, sendWithLog("POST", "/Invoked", envelope, logged));
        assertEquals("Expected " + expected, logged.toString(UTF_8).strip());
    }

    @Test
    void aLargeEnvelopeInChunksIsRead() throws Exception {
        String message = "x".repeat(24 << 20);
        byte[] envelope = ("{\"Data\":{\"message\":\"\\\"" + message + "\\\"\"},\"Metadata\":{}}").getBytes(UTF_8);
        // A stream of unknown length is sent in chunks.
        BodyPublisher body = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(envelope));
        assertEquals(
                "200 application/json {\"Outputs\":{\"message\":\"" + message + "\"},\"Logs\":[],\"ReturnValue\":null}",
                send(request("POST", "/Invoked", body)));
    }

    @Test
    void noRequestOfACallerThatClosesItsConnectionsIsLost() throws Exception {
        for (int number = 0; number < 40; number++) {
            HttpRequest request = HttpRequest.newBuilder(request("POST", "/Invoked", BodyPublishers.ofString(
                    "{\"Data\":{\"message\":\"\\\"" + number + "\\\"\"},\"Metadata\":{}}")), (name, value) -> true)
                    .header("Connection", "close")
                    .build();
            assertEquals(
                    "200 application/json {\"Outputs\":{\"message\":\"" + number + "\"},\"Logs\":[],\"ReturnValue\":null}",
                    send(request));
        }
    }

    @Test
    void noRequestAfterABodyThatWasLeftUnreadIsLost() throws Exception {
        for (int number = 0; number < 40; number++) {
            assertEquals("200 null ", send("POST", "/api/Unread", "x".repeat(1 << 20)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "65536", "taken"})
    void aPortThatCannotBeHadIsSaidInOneLine(String named) throws Exception {
        String port = named.equals("taken") ? Integer.toString(server.getAddress().getPort()) : named;
        Process program = program(port);
        List<String> lines = program.errorReader().lines().toList();
        assertEquals(1, program.waitFor());
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.get(0).startsWith("Cannot listen on port `" + port + "` ("), lines.get(0));
        assertTrue(lines.get(0).endsWith("): set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081"));
    }

    @Test
    void everyFolderWithAFunctionJsonHasARouteAndEveryRouteAFolder() throws IOException {
        try (var folders = Files.list(Path.of(""))) {
            Set<String> expected = folders.filter(folder -> Files.exists(folder.resolve("function.json")))
                    .map(HandlerTest::route)
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(expected, new TreeSet<>(Routes.all().routes.keySet()));
        }
    }

    /** Where the host calls a function: at /api and its route if it is proxied, at / and its name if not. */
    private static String route(Path folder) {
        var bindings = Envelope.JSON.readTree(folder.resolve("function.json").toFile()).path("bindings");
        boolean proxied = bindings.valueStream()
                .allMatch(binding -> Set.of("httpTrigger", "http").contains(binding.path("type").stringValue()));
        return proxied ? "/api/" + bindings.path(0).path("route").stringValue(folder.toString()) : "/" + folder;
    }

    /** The handler as a program of its own. */
    private static Process program(String port) throws IOException {
        var builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp", System.getProperty("java.class.path"), "handler.Main");
        builder.environment().put("FUNCTIONS_CUSTOMHANDLER_PORT", port);
        return builder.start();
    }

    /** Sends a request while what is written to stderr goes to a log. */
    private String sendWithLog(String method, String target, String body, OutputStream log) throws Exception {
        PrintStream before = System.err;
        System.setErr(new PrintStream(log, true, UTF_8));
        try {
            return send(method, target, body);
        } finally {
            System.setErr(before);
        }
    }

    private String send(String method, String target, String body) throws Exception {
        return send(request(method, target, body));
    }

    private String send(HttpRequest request) throws Exception {
        HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
        return response.statusCode() + " " + response.headers().firstValue("Content-Type").orElse(null) + " "
                + response.body();
    }

    private HttpRequest request(String method, String target, String body) {
        return request(method, target, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    }

    private HttpRequest request(String method, String target, BodyPublisher body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + target))
                .header("X-Azure-Functions-InvocationId", "42")
                .method(method, body)
                .build();
    }
}
