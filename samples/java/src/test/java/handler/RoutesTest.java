package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which function answers, and what becomes of a request nobody can answer. */
class RoutesTest {

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api", "/api/hello/", "/api/Hello", "/hello", "/QueueTrigger/x", "/api/QueueTrigger"})
    void anUnknownPathIsNotFound(String path) {
        assertEquals(404, answer("GET", path, "").status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST   | /api/hello                       | GET, HEAD | Use GET
            PUT    | /api/SimpleHttpTrigger           | GET, POST | Use GET or POST
            DELETE | /api/SimpleHttpTriggerWithReturn | GET, POST | Use GET or POST
            GET    | /QueueTrigger                    | POST      | Use POST
            HEAD   | /TimerTrigger                    | POST      | Use POST
            """)
    void anotherMethodIsNotAllowed(String method, String path, String allow, String body) {
        Response response = answer(method, path, "");
        assertEquals(405, response.status());
        assertEquals(allow, response.headers().get("Allow"));
        assertEquals(body, new String(response.body(), UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[]", "{}", "{\"Data\":{}}", "{\"data\":{},\"metadata\":{}}", "{\"Data\":1,\"Metadata\":{}}"})
    void whatIsNoEnvelopeIsABadRequest(String body) {
        Response response = answer("POST", "/HttpTriggerStringReturnValue", body);
        assertEquals(400, response.status());
        assertEquals("Expected a JSON body such as {\"Data\":{},\"Metadata\":{}}", new String(response.body(), UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /HttpTriggerWithOutputs  | {}                              | {}                        | `req` to be an object
            /QueueTrigger            | {}                              | {}                        | `message` to be a text, as JSON inside a JSON string
            /QueueTrigger            | {"message":"hello"}             | {}                        | `message` to be a text, as JSON inside a JSON string
            /QueueTrigger            | {"message":"7"}                 | {}                        | `message` to be a text, as JSON inside a JSON string
            /QueueTrigger            | {"message":"\\"a\\""}           | {"DequeueCount":"x"}      | `DequeueCount` to be a number, as JSON inside a JSON string
            /QueueTriggerWithOutputs | {"message":"\\"{\\\\\\"order\\\\\\":7}\\""} | {}            | `profile` to be a text or null, as JSON inside a JSON string
            /BlobTrigger             | {"blob":"a?=="}                 | {"name":"\\"a\\""}        | `blob` to be base64
            /BlobTrigger             | {"blob":"aGk="}                 | {}                        | `name` to be a text, as JSON inside a JSON string
            /EventHubTrigger         | {"messages":"{}"}               | {}                        | `messages` to be an array of strings, as JSON inside a JSON string
            /EventHubTrigger         | {"messages":"[1]"}              | {}                        | `messages` to be an array of strings, as JSON inside a JSON string
            /TimerTrigger            | {"timer":"x"}                   | {}                        | `timer` to be an object
            /TimerTrigger            | {"timer":{"IsPastDue":"true"}}  | {}                        | `timer` to have a boolean IsPastDue
            """)
    void anEnvelopeWithoutWhatTheFunctionNeedsIsABadRequest(String path, String data, String metadata, String what) {
        Response response = answer("POST", path, "{\"Data\":" + data + ",\"Metadata\":" + metadata + "}");
        assertEquals("400 Expected " + what, response.status() + " " + new String(response.body(), UTF_8));
    }

    @Test
    void aMessageNobodyCanHandleIsAServerError() {
        Response response = answer(
                "POST",
                "/QueueTrigger",
                "{\"Data\":{\"message\":\"\\\"unprocessable\\\"\"},\"Metadata\":{\"DequeueCount\":\"5\"}}");
        assertEquals("500 Cannot process, attempt 5", response.status() + " " + new String(response.body(), UTF_8));
    }

    private static Response answer(String method, String path, String body) {
        return Routes.answer(new Request(method, path, null, Map.of(), body.getBytes(UTF_8)));
    }
}
