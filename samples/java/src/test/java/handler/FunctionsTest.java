package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One test a function: those in default mode are called without a server. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FunctionsTest {
    private TestApp app;

    @BeforeEach
    void start() throws IOException {
        app = TestApp.start(Routes.all());
    }

    @AfterEach
    void stop() {
        app.close();
    }

    @Test
    void helloAnswersGetAndHeadAlone() throws Exception {
        assertEquals("200 text/plain; charset=utf-8 Hello world", app.send("GET", "/api/hello", ""));
        assertEquals("200 text/plain; charset=utf-8 ", app.send("HEAD", "/api/hello", ""));
        var refused = app.send(app.request("/api/hello").POST(BodyPublishers.ofString("x")).build());
        assertEquals(405, refused.statusCode());
        assertEquals("GET, HEAD", refused.headers().firstValue("Allow").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET  | ?name=Zo%C3%AB+B | ``             | 200 | Hello, Zoë B!
            GET  | ?name=a=b        | ``             | 200 | Hello, a=b!
            GET  | ?name=           | ``             | 200 | Hello, world!
            GET  | ?name            | ``             | 200 | Hello, world!
            GET  | ``               | ``             | 200 | Hello, world!
            POST | ``               | {"name":"Ada"} | 200 | Hello, Ada!
            POST | ``               | ``             | 400 | Expected a JSON body such as {"name":"Ada"}
            POST | ``               | name=Ada       | 400 | Expected a JSON body such as {"name":"Ada"}
            POST | ``               | null           | 400 | Expected a JSON body such as {"name":"Ada"}
            POST | ``               | {"name":""}    | 400 | Expected a JSON body such as {"name":"Ada"}
            POST | ``               | {"name":7}     | 400 | Expected a JSON body such as {"name":"Ada"}
            """)
    void simpleHttpTriggerGreetsTheNameInQueryOrBody(String method, String query, String body, int status, String answer)
            throws Exception {
        assertEquals(
                status + " text/plain; charset=utf-8 " + answer, app.send(method, "/api/SimpleHttpTrigger" + query, body));
    }

    @Test
    void simpleHttpTriggerWithReturnTellsWhatArrivedButNoKey() throws Exception {
        assertEquals(
                "200 application/json {\"method\":\"POST\",\"path\":\"/api/SimpleHttpTriggerWithReturn\","
                        + "\"query\":{\"a\":\"1\",\"flag\":\"\"},\"bytes\":3,\"invocationId\":\"some-id\"}",
                TestApp.described(app.send(app.request("/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret")
                        .header("X-Azure-Functions-InvocationId", "some-id")
                        .POST(BodyPublishers.ofByteArray(new byte[] {0, -1, -2}))
                        .build())));
    }

    @Test
    void httpTriggerStringReturnValueAnswersAndQueues() {
        InvocationResult result = Functions.httpTriggerStringReturnValue(envelope(Map.of("req", Map.of()), Map.of()));
        assertOutputs("{'res':{'statusCode':201,'headers':{'header1':'header1Val'},'body':'my world'}}", result);
        assertEquals(base64("Hello,World"), result.returnValue());
    }

    @Test
    void httpTriggerWithOutputsQueuesAnOrderOrSaysWhatIsWrong() {
        String order = " { \"order\" : 7, \"item\":\"grüner Tee\" } ";
        InvocationResult result = Functions.httpTriggerWithOutputs(posted(order));
        assertOutputs(
                "{'order':'" + base64(order) + "','res':{'statusCode':201,'headers':{'content-type':'application/json'},"
                        + "'body':'{\\'accepted\\':7,\\'customer\\':\\'ada\\'}'}}",
                result);
        assertEquals(List.of("Accepted order 7"), result.logs());
        for (String body : List.of("", "not json", "[7]", "{}", "{\"order\":\"7\"}", "{\"order\":7.5}")) {
            assertOutputs(
                    "{'res':{'statusCode':400,'headers':{'content-type':'application/json'},"
                            + "'body':'{\\'error\\':\\'expected a JSON body with an integer order\\'}'}}",
                    Functions.httpTriggerWithOutputs(posted(body)));
        }
        Envelope bad = envelope(Map.of("req", "an order"), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.httpTriggerWithOutputs(bad));
    }

    @Test
    void queueTriggerPassesOnAnyTextAndGivesUpOnOne() {
        for (String text : List.of("hello", "test", "\"quoted\"", "null", "grüß")) {
            InvocationResult result = Functions.queueTrigger(
                    envelope(Map.of("message", quoted(text)), Map.of("DequeueCount", "2")));
            assertEquals(base64(text), result.returnValue());
            assertEquals(List.of("Passed on " + text.getBytes(UTF_8).length + " bytes, attempt 2"), result.logs());
        }
        InvocationResult byAdmin = Functions.queueTrigger(envelope(Map.of("message", quoted("by admin")), Map.of()));
        assertEquals(List.of("Passed on 8 bytes, attempt 0"), byAdmin.logs());
        // A message with such a property has overwritten the count.
        for (Object count : List.of(quoted("9"), Map.of(), "null", "1.5", "")) {
            InvocationResult result = Functions.queueTrigger(
                    envelope(Map.of("message", quoted("any")), Map.of("DequeueCount", count)));
            assertEquals(List.of("Passed on 3 bytes, attempt 0"), result.logs());
        }
        Envelope bad = envelope(Map.of("message", "null"), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.queueTrigger(bad));
        Envelope hopeless = envelope(Map.of("message", quoted("unprocessable")), Map.of("DequeueCount", "5"));
        var refusal = assertThrows(Functions.Unprocessable.class, () -> Functions.queueTrigger(hopeless));
        assertEquals("Cannot process, attempt 5", refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {"\"Ada\", Ada", "\"null\", null", "null, an unknown customer"})
    void queueTriggerWithOutputsLooksTheCustomerUp(String profile, String customer) {
        InvocationResult result = Functions.queueTriggerWithOutputs(
                envelope(Map.of("message", quoted("{\"order\":7}"), "profile", profile), Map.of()));
        assertOutputs("{'output1':['Order 7: pack','Order 7: bill']}", result);
        assertEquals(List.of("Order 7"), result.logs());
        assertEquals(base64("Order 7 for " + customer), result.returnValue());
        Envelope hopeless = envelope(
                Map.of("message", quoted("{\"order\":\"x\"}"), "profile", profile), Map.of("DequeueCount", "5"));
        var refusal = assertThrows(Functions.Unprocessable.class, () -> Functions.queueTriggerWithOutputs(hopeless));
        assertEquals("Cannot process, attempt 5", refusal.getMessage());
    }

    @Test
    void blobTriggerCopiesBytes() throws Exception {
        // "null" is the base64 of three bytes.
        for (String blob : List.of("", "aGk=", "null")) {
            InvocationResult result = Functions.blobTrigger(
                    envelope(Map.of("blob", blob), Map.of("name", quoted("a b é.bin"))));
            assertEquals(blob, result.returnValue());
            int length = Base64.getDecoder().decode(blob).length;
            assertEquals(List.of("Copied a b é.bin, " + length + " bytes"), result.logs());
        }
        Envelope bad = envelope(Map.of("blob", "a blob"), Map.of("name", quoted("a")));
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.blobTrigger(bad));

        // Longer than Jackson reads if it is not told, and in chunks, as the host sends it.
        String large = "A".repeat(24 << 20);
        byte[] envelope = ("{\"Data\":{\"blob\":\"" + large + "\"},\"Metadata\":{\"name\":\"\\\"a\\\"\"}}").getBytes(UTF_8);
        var chunks = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(envelope));
        var answer = app.send(app.request("/BlobTrigger").POST(chunks).build());
        assertEquals(large, Envelope.JSON.readTree(answer.body()).path("ReturnValue").stringValue());
    }

    @Test
    void eventHubTriggerCountsEventsAndOrders() {
        List<String> events = List.of("{\"order\":1}", "", "grüß", "{\"order\":\"x\"}", "{\"order\":2}");
        InvocationResult result = Functions.eventHubTrigger(envelope(Map.of("messages", quoted(events)), Map.of()));
        assertOutputs("{'summary':'" + base64("{\"events\":5,\"orders\":2}") + "'}", result);
        assertEquals(List.of("Batch of 5 events"), result.logs());
        Envelope bad = envelope(Map.of("messages", quoted(Arrays.asList("", null))), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.eventHubTrigger(bad));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00"})
    void timerTriggerSaysWhetherItComesLate(String last) {
        Map<String, Object> timer = new HashMap<>();
        timer.put("ScheduleStatus", last.isEmpty() ? null : Map.of("Last", last));
        for (boolean late : List.of(true, false)) {
            timer.put("IsPastDue", late);
            InvocationResult result = Functions.timerTrigger(envelope(Map.of("timer", timer), Map.of()));
            assertOutputs("{'tick':'" + base64("{\"pastDue\":" + late + "}") + "'}", result);
            assertEquals(List.of("Timer ran, past due: " + late), result.logs());
        }
        Envelope bad = envelope(Map.of("timer", "late"), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.timerTrigger(bad));
    }

    @Test
    void httpTriggerWithStreamingSendsEventsUntilTheCallerGoesAway() throws Exception {
        var whole = app.send(app.request("/api/HttpTriggerWithStreaming?count=2&pauseMs=0").build());
        assertEquals(
                "200 text/event-stream data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n", TestApp.described(whole));
        assertEquals("no-cache", whole.headers().firstValue("Cache-Control").orElseThrow());
        for (String query : List.of("count=0", "count=21", "count=x", "count=", "pauseMs=-1", "pauseMs=2001")) {
            assertEquals(
                    "400 application/json {\"error\":\"expected count from 1 to 20 and pauseMs from 0 to 2000\"}",
                    app.send("GET", "/api/HttpTriggerWithStreaming?" + query, ""));
        }

        Process program = TestApp.program("0");
        try (BufferedReader output = program.inputReader()) {
            int port = URI.create(output.readLine().split(" ")[2]).getPort();
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.getOutputStream().write(
                        "GET /api/HttpTriggerWithStreaming?count=20&pauseMs=1000 HTTP/1.1\r\n\r\n".getBytes(UTF_8));
                var answer = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
                assertTrue(answer.lines().anyMatch("data: {\"piece\":1}"::equals));
            }
            // A write into a connection that is just closed may still succeed. All twenty would end without such a line.
            String stopped = output.readLine();
            assertTrue(Set.of("Stopped after 1 pieces", "Stopped after 2 pieces").contains(stopped), stopped);
        } finally {
            program.destroy();
        }
    }

    private static Envelope posted(String body) {
        return envelope(Map.of("req", Map.of("Body", body, "Params", Map.of("customer", "ada"))), Map.of());
    }

    private static Envelope envelope(Map<String, ?> data, Map<String, ?> metadata) {
        return new Envelope(Envelope.JSON.valueToTree(data), Envelope.JSON.valueToTree(metadata));
    }

    /** A value as the host sends it: JSON inside a JSON string. */
    private static String quoted(Object value) {
        return Envelope.JSON.writeValueAsString(value);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    /** Compares with JSON whose quotes are single ones, for the sake of readers. */
    private static void assertOutputs(String json, InvocationResult result) {
        assertEquals(Envelope.JSON.readTree(json.replace('\'', '"')), Envelope.JSON.valueToTree(result.outputs()));
    }
}
