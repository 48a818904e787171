package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The functions in default mode: an envelope in, a result out, without a server. */
class FunctionsTest {

    @Test
    void httpTriggerStringReturnValueAnswersAndQueues() {
        InvocationResult result = Functions.httpTriggerStringReturnValue(envelope(Map.of("req", Map.of()), Map.of()));
        assertOutputs("{'res':{'statusCode':201,'headers':{'header1':'header1Val'},'body':'my world'}}", result);
        assertEquals(base64("Hello,World"), result.returnValue());
    }

    @Test
    void httpTriggerWithOutputsQueuesTheOrderAsItCame() {
        String body = " { \"order\" : 7, \"item\":\"grüner Tee\" } ";
        InvocationResult result = Functions.httpTriggerWithOutputs(order(body));
        assertOutputs(
                "{'order':'" + base64(body) + "','res':{'statusCode':201,'headers':{'content-type':'application/json'},"
                        + "'body':'{\\'accepted\\':7,\\'customer\\':\\'ada\\'}'}}",
                result);
        assertEquals(List.of("Accepted order 7"), result.logs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not json", "[7]", "{\"item\":\"tea\"}", "{\"order\":\"7\"}", "{\"order\":7.5}"})
    void httpTriggerWithOutputsTellsTheCallerWhatIsWrong(String body) {
        assertOutputs(
                "{'res':{'statusCode':400,'headers':{'content-type':'application/json'},"
                        + "'body':'{\\'error\\':\\'expected a JSON body with an integer order\\'}'}}",
                Functions.httpTriggerWithOutputs(order(body)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "test", "[1,2]", "{ \"b\" : 2, \"a\": 1.50 }", "\"quoted\"", "null", "grüß"})
    void queueTriggerPassesOnTheSameText(String message) {
        InvocationResult result = Functions.queueTrigger(
                envelope(Map.of("message", nested(message)), Map.of("DequeueCount", "2")));
        assertEquals(base64(message), result.returnValue());
        int bytes = message.getBytes(UTF_8).length;
        assertEquals(List.of("Passed on " + bytes + " bytes, attempt 2"), result.logs());
    }

    @Test
    void queueTriggerCountsNoAttemptWhenInvokedByHand() {
        InvocationResult result = Functions.queueTrigger(envelope(Map.of("message", nested("by admin")), Map.of()));
        assertEquals(List.of("Passed on 8 bytes, attempt 0"), result.logs());
    }

    @Test
    void queueTriggerRefusesWhatIsNoMessage() {
        Envelope bad = envelope(Map.of("message", "null"), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.queueTrigger(bad));
    }

    @Test
    void queueTriggerGivesUpOnTheUnprocessable() {
        Envelope envelope = envelope(Map.of("message", nested("unprocessable")), Map.of("DequeueCount", "3"));
        var refusal = assertThrows(Functions.Unprocessable.class, () -> Functions.queueTrigger(envelope));
        assertEquals("Cannot process, attempt 3", refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {"\"Ada\", Ada", "\"null\", null", "null, an unknown customer"})
    void queueTriggerWithOutputsWritesToTwoQueues(String profile, String customer) {
        String message = nested("{\"order\":7,\"customer\":\"ada.txt\"}");
        InvocationResult result = Functions.queueTriggerWithOutputs(
                envelope(Map.of("message", message, "profile", profile), Map.of()));
        assertOutputs("{'output1':['Order 7: pack','Order 7: bill']}", result);
        assertEquals(base64("Order 7 for " + customer), result.returnValue());
    }

    @Test
    void queueTriggerWithOutputsGivesUpOnAMessageWithoutAnOrder() {
        Envelope envelope = envelope(Map.of("message", nested("{\"order\":\"x\"}")), Map.of("DequeueCount", "5"));
        assertThrows(Functions.Unprocessable.class, () -> Functions.queueTriggerWithOutputs(envelope));
    }

    @Test
    void blobTriggerCopiesTheBytes() {
        // "null" is the base64 of three bytes.
        for (String blob : List.of("", "null", Base64.getEncoder().encodeToString(new byte[24 << 20]))) {
            InvocationResult result = Functions.blobTrigger(
                    envelope(Map.of("blob", blob), Map.of("name", nested("a b é.bin"))));
            assertEquals(blob, result.returnValue());
            int bytes = Base64.getDecoder().decode(blob).length;
            assertEquals(List.of("Copied a b é.bin, " + bytes + " bytes"), result.logs());
        }
        Envelope bad = envelope(Map.of("blob", "a blob"), Map.of("name", nested("a")));
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.blobTrigger(bad));
    }

    @Test
    void eventHubTriggerCountsEventsAndOrders() {
        List<String> events = List.of("{\"order\":1}", "not json", "{\"order\":\"2\"}", "[]", "{ \"order\" : 3 }");
        InvocationResult result = Functions.eventHubTrigger(envelope(Map.of("messages", nested(events)), Map.of()));
        assertOutputs("{'summary':'" + base64("{\"events\":5,\"orders\":2}") + "'}", result);
        assertEquals(List.of("Batch of 5 events"), result.logs());
        Envelope bad = envelope(Map.of("messages", "[\"\", null]"), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.eventHubTrigger(bad));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00"})
    void timerTriggerSaysWhetherItIsLate(String last) {
        Map<String, Object> timer = new HashMap<>();
        timer.put("IsPastDue", true);
        timer.put("ScheduleStatus", last.isEmpty() ? null : Map.of("Last", last));
        InvocationResult result = Functions.timerTrigger(envelope(Map.of("timer", timer), Map.of()));
        assertOutputs("{'tick':'" + base64("{\"pastDue\":true}") + "'}", result);
        assertEquals(List.of("Timer ran, past due: true"), result.logs());
        Envelope bad = envelope(Map.of("timer", "late"), Map.of());
        assertThrows(Envelope.BadEnvelope.class, () -> Functions.timerTrigger(bad));
    }

    private static Envelope order(String body) {
        return envelope(Map.of("req", Map.of("Body", body, "Params", Map.of("customer", "ada"))), Map.of());
    }

    private static Envelope envelope(Map<String, ?> data, Map<String, ?> metadata) {
        return new Envelope(Envelope.JSON.valueToTree(data), Envelope.JSON.valueToTree(metadata));
    }

    /** JSON text inside a string, as the host sends it. */
    private static String nested(Object value) {
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
