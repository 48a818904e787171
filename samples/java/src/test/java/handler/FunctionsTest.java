package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The replies of every function, without a server. */
class FunctionsTest {

    @Test
    void helloGreetsTheWorld() {
        assertReply(200, "Hello world", Functions.hello(get("/api/hello", null)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -               | Hello, world!
            name=           | Hello, world!
            Name=Ada        | Hello, world!
            name=Ada        | Hello, Ada!
            name=Zo%C3%AB   | Hello, Zoë!
            name=Ada+B      | Hello, Ada B!
            name=A&name=B   | Hello, A,B!
            name=%ff        | Hello, \uFFFD!
            &&=&name=Ada&=x | Hello, Ada!
            name=a=b        | Hello, a=b!
            """)
    void simpleHttpTriggerGreetsTheNameInTheQuery(String query, String reply) {
        assertReply(200, reply, Functions.simpleHttpTrigger(get("/api/SimpleHttpTrigger", query)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"name\":\"Zoë\"}", " { \"name\" : \"Zo\\u00eb\", \"age\" : 7 } ", "{\"name\":1,\"name\":\"Zoë\"}"})
    void simpleHttpTriggerGreetsTheNameInTheBody(String body) {
        assertReply(200, "Hello, Zoë!", Functions.simpleHttpTrigger(post(body)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "Ada", "null", "[]", "\"name\"", "{}", "{\"Name\":\"Ada\"}", "{\"name\":\"\"}", "{\"name\":null}",
        "{\"name\":7}", "{\"name\":[\"Ada\"]}", "{\"name\":\"Ada\"} x", "{\"name\":\"Ada\"",
    })
    void simpleHttpTriggerReportsABodyWithoutAName(String body) {
        assertReply(
                400,
                "Expected a JSON body such as {\"name\":\"Ada\"}",
                Functions.simpleHttpTrigger(post(body)));
    }

    @Test
    void simpleHttpTriggerWithReturnTellsWhatArrived() {
        Request request = new Request(
                "POST",
                "/api/SimpleHttpTriggerWithReturn",
                "z=1,2&flag=&CODE=secret&a=%C3%AB+%22",
                Map.of("x-azure-functions-invocationid", "42"),
                new byte[] {0, 1, (byte) 0xff});
        assertReply(
                200,
                "{\"method\":\"POST\",\"path\":\"/api/SimpleHttpTriggerWithReturn\","
                        + "\"query\":{\"z\":\"1,2\",\"flag\":\"\",\"a\":\"ë \\\"\"},\"bytes\":3,\"invocationId\":\"42\"}",
                Functions.simpleHttpTriggerWithReturn(request));
    }

    @Test
    void simpleHttpTriggerWithReturnHasNullForAnAbsentInvocationId() {
        assertReply(
                200,
                "{\"method\":\"GET\",\"path\":\"/x\",\"query\":{},\"bytes\":0,\"invocationId\":null}",
                Functions.simpleHttpTriggerWithReturn(get("/x", "code=secret")));
    }

    @Test
    void httpTriggerStringReturnValueAnswersAndQueues() {
        assertResult(
                "{'Outputs':{'res':{'statusCode':201,'headers':{'header1':'header1Val'},'body':'my world'}},"
                        + "'Logs':[],'ReturnValue':'" + base64("Hello,World") + "'}",
                Functions.httpTriggerStringReturnValue(request(Map.of("Method", "GET"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"order\":7,\"item\":\"tea\"}", " {\t\"item\" : \"grüß\",\r\n \"order\" :7 }\n", "{\"order\":8,\"order\":7}", "{\"order\":7.0}", "{\"order\":7e0}"})
    void httpTriggerWithOutputsQueuesTheOrderAsItCame(String body) {
        assertResult(
                "{'Outputs':{'order':'" + base64(body) + "','res':{'statusCode':201,"
                        + "'headers':{'content-type':'application/json'},'body':'{\\\"accepted\\\":7}'}},"
                        + "'Logs':['Accepted order 7'],'ReturnValue':null}",
                Functions.httpTriggerWithOutputs(request(Map.of("Body", body))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0", "-0.0"})
    void httpTriggerWithOutputsShowsMinusZeroAsZero(String order) {
        var result = Functions.httpTriggerWithOutputs(request(Map.of("Body", "{\"order\":" + order + "}")));
        assertEquals(List.of("Accepted order 0"), result.logs());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -7, 9007199254740991L, -9007199254740991L})
    void httpTriggerWithOutputsTakesEveryIntegerOf53Bits(long order) {
        var result = Functions.httpTriggerWithOutputs(request(Map.of("Body", "{\"order\":" + order + "}")));
        assertEquals(List.of("Accepted order " + order), result.logs());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "not json", "null", "7", "[]", "{}", "{\"Order\":7}", "{\"order\":null}", "{\"order\":\"7\"}", "{\"order\":7.5}",
        "{\"order\":75e-1}", "{\"order\":1e400}", "{\"order\":true}", "{\"order\":[7]}", "{\"order\":9007199254740992}",
        "{\"order\":-9007199254740992}", "{\"order\":123456789012345678901234567890}", "{\"order\":7} x", "{\"order\":07}",
    })
    void httpTriggerWithOutputsReportsTheCallersMistake(String body) {
        assertResult(
                "{'Outputs':{'res':{'statusCode':400,'headers':{'content-type':'application/json'},"
                        + "'body':'{\\\"error\\\":\\\"expected a JSON body with an integer order\\\"}'}},"
                        + "'Logs':[],'ReturnValue':null}",
                Functions.httpTriggerWithOutputs(request(Map.of("Body", body))));
    }

    @Test
    void httpTriggerWithOutputsReportsAMissingBody() {
        assertEquals(List.of(), Functions.httpTriggerWithOutputs(request(Map.of())).logs());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "hello", "test", "[1,2]", "{\"a\":1}", "{ \"b\" : 2, \"a\": 1.50 }", "42", "\"quoted\"", "true", "null",
        "2020-01-01T00:00:00Z", "grüß", "😀\n\t\\", "output from go", "a\u0000b",
    })
    void queueTriggerPassesOnTheSameText(String message) {
        var result = Functions.queueTrigger(message(message, Map.of("DequeueCount", "1")));
        assertEquals(Map.of(), result.outputs());
        assertEquals(base64(message), result.returnValue());
        assertEquals(
                List.of("Passed on " + message.getBytes(UTF_8).length + " bytes, attempt 1"), result.logs());
    }

    @Test
    void queueTriggerPassesOn48KiB() {
        String message = "grüß ".repeat(7_022);
        assertEquals(base64(message), Functions.queueTrigger(message(message, Map.of())).returnValue());
    }

    @Test
    void queueTriggerCountsNoAttemptThroughTheAdminRoute() {
        assertEquals(
                List.of("Passed on 8 bytes, attempt 0"),
                Functions.queueTrigger(message("by admin", Map.of("DequeueCount", "0"))).logs());
    }

    @Test
    void queueTriggerRefusesTheUnprocessable() {
        var refusal = assertThrows(
                Functions.Unprocessable.class,
                () -> Functions.queueTrigger(message("unprocessable", Map.of("DequeueCount", "3"))));
        assertEquals("Cannot process, attempt 3", refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"\"Ada\",Ada", "\"null\",null", "\"\",''", "null,an unknown customer"})
    void queueTriggerWithOutputsWritesToTwoQueues(String profile, String customer) {
        var data = Map.of("message", nested("{\"order\":7,\"customer\":\"ada.txt\"}"), "profile", profile);
        assertResult(
                "{'Outputs':{'output1':['Order 7: pack','Order 7: bill']},'Logs':['Order 7'],"
                        + "'ReturnValue':'" + base64("Order 7 for " + customer) + "'}",
                Functions.queueTriggerWithOutputs(invocation(data, Map.of("DequeueCount", "1"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"order\":\"x\"}", "{\"order\":7.5}", "{}", "7", "not json", ""})
    void queueTriggerWithOutputsRefusesAMessageWithoutAnOrder(String message) {
        var data = Map.of("message", nested(message), "profile", nested("Ada"));
        var refusal = assertThrows(
                Functions.Unprocessable.class,
                () -> Functions.queueTriggerWithOutputs(invocation(data, Map.of("DequeueCount", "2"))));
        assertEquals("Cannot process, attempt 2", refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "aGk=", "null", "1234", "nullnull"})
    void blobTriggerCopiesTheBytes(String base64) {
        var metadata = Map.of("name", nested("a b é.bin"));
        int length = Base64.getDecoder().decode(base64).length;
        assertResult(
                "{'Outputs':{},'Logs':['Copied a b é.bin, " + length + " bytes'],'ReturnValue':'" + base64 + "'}",
                Functions.blobTrigger(invocation(Map.of("blob", base64), metadata)));
    }

    @Test
    void blobTriggerCopies24MiB() {
        byte[] bytes = new byte[24 << 20];
        new Random(1).nextBytes(bytes);
        String base64 = Base64.getEncoder().encodeToString(bytes);
        var invocation = invocation(Map.of("blob", base64), Map.of("name", nested("large.bin")));
        assertEquals(base64, Functions.blobTrigger(invocation).returnValue());
    }

    @Test
    void eventHubTriggerCountsEventsAndOrders() {
        String events = new String(Json.write(List.of("{\"order\":1}", "not json", "{\"order\":\"2\"}", "[]", "{ \"order\" : 3 }", "")), UTF_8);
        assertResult(
                "{'Outputs':{'summary':'" + base64("{\"events\":6,\"orders\":2}") + "'},"
                        + "'Logs':['Batch of 6 events'],'ReturnValue':null}",
                Functions.eventHubTrigger(invocation(Map.of("messages", events), Map.of())));
    }

    @Test
    void eventHubTriggerTakesAnEmptyBatch() {
        assertEquals(
                Map.of("summary", base64("{\"events\":0,\"orders\":0}")),
                Functions.eventHubTrigger(invocation(Map.of("messages", "[]"), Map.of())).outputs());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            false | {"AdjustForDST":true}  | null
            true  | {"AdjustForDST":true}  | {"Last":"0001-01-01T00:00:00","Next":"2026-11-24T03:00:00+00:00"}
            false | {"AdjustForDST":false} | {"Last":"2026-11-23T03:00:00.0031+00:00","Next":"2026-11-24T03:00:00+00:00"}
            """)
    void timerTriggerSaysWhetherItIsLate(boolean pastDue, String schedule, String status) {
        var timer = Json.tryParse(
                "{\"Schedule\":" + schedule + ",\"ScheduleStatus\":" + status + ",\"IsPastDue\":" + pastDue + "}");
        assertResult(
                "{'Outputs':{'tick':'" + base64("{\"pastDue\":" + pastDue + "}") + "'},"
                        + "'Logs':['Timer ran, past due: " + pastDue + "'],'ReturnValue':null}",
                Functions.timerTrigger(invocation(Map.of("timer", timer), Map.of())));
    }

    private static Request get(String path, String query) {
        return new Request("GET", path, query, Map.of(), new byte[0]);
    }

    private static Request post(String body) {
        return new Request("POST", "/api/SimpleHttpTrigger", null, Map.of(), body.getBytes(UTF_8));
    }

    private static Envelope.Invocation message(String text, Map<String, ?> metadata) {
        return invocation(Map.of("message", nested(text)), metadata);
    }

    private static Envelope.Invocation request(Map<String, ?> req) {
        return invocation(Map.of("req", req), Map.of());
    }

    /** Takes the way over the wire, so that what a test says is what a host could send. */
    private static Envelope.Invocation invocation(Map<String, ?> data, Map<String, ?> metadata) {
        return Envelope.read(Json.write(Map.of("Data", data, "Metadata", metadata)));
    }

    /** The JSON text of a string: a member of Data or Metadata. */
    private static String nested(String text) {
        return new String(Json.write(text), UTF_8);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private static void assertReply(int status, String body, Response response) {
        assertEquals(status + " " + body, response.status() + " " + new String(response.body(), UTF_8));
    }

    /** Compares the answer as the host would get it; single quotes stand for double ones. */
    private static void assertResult(String expected, Envelope.Result result) {
        assertEquals(expected.replace('\'', '"'), new String(Json.write(result), UTF_8));
    }
}
