package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpRequest.BodyPublishers;
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

    @ParameterizedTest
    @CsvSource({"/api/Broken, java.lang.AssertionError", "/Broken, java.lang.IllegalStateException"})
    void aFunctionThatThrowsAnswers500AndTellsTheLogAlone(String path, String cause) throws Exception {
        var logged = new ByteArrayOutputStream();
        assertEquals(
                "500 text/plain; charset=utf-8 Internal Server Error",
                postWithLog(path + "?code=secret", "{\"Data\":{},\"Metadata\":{}}", logged));
        List<String> lines = logged.toString(UTF_8).lines().toList();
        assertEquals("POST " + path + " failed: " + cause + ": out of tea", lines.get(0));
        assertTrue(lines.get(1).startsWith("\tat "), lines.get(1));
        // Half an answer must not look whole.
        assertThrows(IOException.class, () -> postWithLog("/api/Begun", "", logged));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                         | a JSON body such as {"Data":{},"Metadata":{}}
            not json                                   | a JSON body such as {"Data":{},"Metadata":{}}
            null                                       | a JSON body such as {"Data":{},"Metadata":{}}
            {"Data":{}}                                | a JSON body such as {"Data":{},"Metadata":{}}
            {"Data":[],"Metadata":{}}                  | a JSON body such as {"Data":{},"Metadata":{}}
            {"Data":{},"Metadata":{}}                  | `message` to be a string, as JSON inside a JSON string
            {"Data":{"message":7},"Metadata":{}}       | `message` to be a string, as JSON inside a JSON string
            {"Data":{"message":"hello"},"Metadata":{}} | `message` to be a string, as JSON inside a JSON string
            """)
    void anEnvelopeThatCannotBeReadIsAnsweredWith400AndALine(String envelope, String expected) throws Exception {
        var logged = new ByteArrayOutputStream();
        assertEquals("400 text/plain; charset=utf-8 Expected " + expected, postWithLog("/Invoked", envelope, logged));
        assertEquals("Expected " + expected, logged.toString(UTF_8).strip());
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

    /** Posts a body while what is written to stderr goes to a log. */
    private String postWithLog(String target, String body, ByteArrayOutputStream log) throws Exception {
        PrintStream before = System.err;
        System.setErr(new PrintStream(log, true, UTF_8));
        try {
            return app.send("POST", target, body);
        } finally {
            System.setErr(before);
        }
    }
}
