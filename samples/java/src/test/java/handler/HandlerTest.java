package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every function, and the program itself. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerTest {
    private TestApp app;

    @BeforeEach
    void start() throws IOException {
        // Routes of these tests alone, so that no function is missed here when you delete it.
        Routes routes = new Routes();
        routes.add("/Broken", Routes.invoke(envelope -> {
            throw new IllegalStateException("out of tea");
        }), "POST");
        routes.add("/api/Broken", exchange -> {
            throw new AssertionError("out of tea");
        }, "POST");
        routes.add("/api/Begun", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("first".getBytes(UTF_8));
            exchange.getResponseBody().flush();
            throw new AssertionError("out of tea");
        }, "POST");
        routes.add("/api/Unread", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        }, "POST");
        routes.add("/Invoked", Routes.invoke(envelope -> new InvocationResult(
                Map.of("message", Envelope.string(envelope.data(), "message")), List.of(), null)), "POST");
        app = TestApp.start(routes);
    }

    @AfterEach
    void stop() {
        app.close();
    }

    @Test
    void everyFunctionHasARouteAndEveryRouteAFunction() throws Exception {
        // What the host asks until anything answers.
        assertEquals("404 text/plain; charset=utf-8 Not Found", app.send("GET", "/", ""));
        try (var folders = Files.list(Path.of(""))) {
            Set<String> functions = folders.filter(folder -> Files.exists(folder.resolve("function.json")))
                    .map(HandlerTest::pathOf)
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(functions, new TreeSet<>(Routes.all().routes.keySet()));
        }
    }

    @Test
    void aFunctionThatThrowsAnswers500AndTellsTheLogAlone() throws Exception {
        for (String failed : List.of("POST /api/Broken failed: java.lang.AssertionError", "POST /Broken failed: java.lang.IllegalStateException")) {
            String target = failed.split(" ")[1] + "?code=secret";
            var log = new ByteArrayOutputStream();
            String answer = withLog(log, () -> app.send("POST", target, "{\"Data\":{},\"Metadata\":{}}"));
            assertEquals("500 text/plain; charset=utf-8 Internal Server Error", answer);
            assertLogged(failed + ": out of tea", log);
        }
        // Half an answer must not look whole: its last chunk, an empty one, is missing.
        var log = new ByteArrayOutputStream();
        String answer = withLog(log, () -> {
            try (Socket socket = new Socket("127.0.0.1", app.port())) {
                socket.getOutputStream().write("POST /api/Begun HTTP/1.1\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
                return new String(socket.getInputStream().readAllBytes(), UTF_8);
            }
        });
        assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n") && answer.endsWith("\r\n\r\n5\r\nfirst\r\n"), answer);
        assertLogged("POST /api/Begun failed: java.lang.AssertionError: out of tea", log);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                         | a JSON body such as {"Data":{},"Metadata":{}}: Node of type
            not json                                   | a JSON body such as {"Data":{},"Metadata":{}}: Unrecognized token 'not'
            null                                       | a JSON body such as {"Data":{},"Metadata":{}}: Node of type
            {"Data":{}}                                | a JSON body such as {"Data":{},"Metadata":{}}: No value for property 'Metadata'
            {"Data":[],"Metadata":{}}                  | a JSON body such as {"Data":{},"Metadata":{}}: Can only call `asObject()`
            {"Data":{},"Metadata":{}}                  | `message` to be a string, as JSON inside a JSON string: No value
            {"Data":{"message":7},"Metadata":{}}       | `message` to be a string, as JSON inside a JSON string: 'IntNode'
            {"Data":{"message":"null"},"Metadata":{}}  | `message` to be a string, as JSON inside a JSON string: it is null
            {"Data":{"message":"hello"},"Metadata":{}} | `message` to be a string, as JSON inside a JSON string: Unrecognized token 'hello'
            """)
    void anEnvelopeThatCannotBeReadIsAnsweredWith400AndALine(String envelope, String expected) throws Exception {
        var log = new ByteArrayOutputStream();
        String answer = withLog(log, () -> app.send("POST", "/Invoked", envelope));
        assertTrue(answer.startsWith("400 text/plain; charset=utf-8 Expected " + expected), answer);
        assertEquals(answer.substring("400 text/plain; charset=utf-8 ".length()), log.toString(UTF_8).stripTrailing());
        assertEquals(1, answer.lines().count(), answer);
    }

    @Test
    void callersThatCloseTheirConnectionsLoseNothing() throws Exception {
        for (int number = 0; number < 40; number++) {
            String envelope = "{\"Data\":{\"message\":\"\\\"" + number + "\\\"\"},\"Metadata\":{}}";
            var answer = app.send(app.request("/Invoked")
                    .header("Connection", "close")
                    .POST(BodyPublishers.ofString(envelope))
                    .build());
            // A pool of connections drops this one only if it is told.
            assertEquals("close", answer.headers().firstValue("Connection").orElseThrow());
            assertEquals(
                    "200 application/json {\"Outputs\":{\"message\":\"" + number + "\"},\"Logs\":[],\"ReturnValue\":null}",
                    TestApp.described(answer));
        }
        // The JDK's server closes a connection, too, when a function leaves the body of its request unread.
        for (int number = 0; number < 40; number++) {
            assertEquals("200  ", app.send("POST", "/api/Unread", "x".repeat(1 << 20)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"taken", "", "abc", "-1", "65536"})
    void aPortThatCannotBeOpenedEndsTheProgramWithTheRemedy(String named) throws Exception {
        String port = named.equals("taken") ? Integer.toString(app.port()) : named;
        Process program = TestApp.program(port);
        List<String> lines = program.errorReader().lines().toList();
        assertEquals(1, program.waitFor());
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.get(0).startsWith("Cannot listen on port `" + port + "` ("), lines.get(0));
        assertTrue(lines.get(0).endsWith("): set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081"));
    }

    /** Where the host calls a function: at /api and its route if it is proxied, at / and its name if not. */
    private static String pathOf(Path folder) {
        var bindings = Envelope.JSON.readTree(folder.resolve("function.json").toFile()).path("bindings");
        boolean proxied = bindings.valueStream()
                .allMatch(binding -> Set.of("httpTrigger", "http").contains(binding.path("type").stringValue()));
        return proxied ? "/api/" + bindings.path(0).path("route").stringValue(folder.toString()) : "/" + folder;
    }

    /** Runs a call while what is written to stderr goes to a log. */
    private static String withLog(ByteArrayOutputStream log, Callable<String> call) throws Exception {
        PrintStream before = System.err;
        System.setErr(new PrintStream(log, true, UTF_8));
        try {
            return call.call();
        } finally {
            System.setErr(before);
        }
    }

    /** Expects a line and a stack. */
    private static void assertLogged(String line, ByteArrayOutputStream log) {
        List<String> lines = log.toString(UTF_8).lines().toList();
        assertEquals(line, lines.get(0));
        assertTrue(lines.get(1).startsWith("\tat "), lines.get(1));
    }
}
