package handler;

import com.fasterxml.jackson.databind.JsonNode;
import handler.Envelope.HttpOutput;
import handler.Envelope.Invocation;
import handler.Envelope.Result;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The functions: each takes a value and gives a value, so the tests call them without a server. */
final class Functions {
    private Functions() {}

    /** A message that this handler cannot handle; the message says which attempt it was. */
    static final class Unprocessable extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unprocessable(long attempt) {
            super("Cannot process, attempt " + attempt);
        }
    }

    /** Greets the world. */
    static Response hello(Request request) {
        return Response.text(200, "Hello world");
    }

    /** Greets the name in the query of a GET or in the JSON body of a POST. */
    static Response simpleHttpTrigger(Request request) {
        if (request.method().equals("GET")) {
            String name = request.query().getOrDefault("name", "");
            return Response.text(200, "Hello, " + (name.isEmpty() ? "world" : name) + "!");
        }
        String body = new String(request.body(), StandardCharsets.UTF_8);
        String name = Json.tryParse(body).path("name").textValue();
        if (name == null || name.isEmpty()) {
            return Response.text(400, "Expected a JSON body such as {\"name\":\"Ada\"}");
        }
        return Response.text(200, "Hello, " + name + "!");
    }

    /** Tells the caller what arrived. */
    static Response simpleHttpTriggerWithReturn(Request request) {
        Map<String, String> query = request.query();
        // code carries the function key: never echo a key.
        query.keySet().removeIf(name -> name.equalsIgnoreCase("code"));

        Map<String, Object> arrived = new LinkedHashMap<>();
        arrived.put("method", request.method());
        arrived.put("path", request.path());
        arrived.put("query", query);
        arrived.put("bytes", request.body().length);
        arrived.put("invocationId", request.headers().get("x-azure-functions-invocationid"));
        return Response.json(Json.write(arrived));
    }

    /** Answers over HTTP and queues what it returns. */
    static Result httpTriggerStringReturnValue(Invocation invocation) {
        HttpOutput res = new HttpOutput(201, Map.of("header1", "header1Val"), "my world");
        return new Result(Map.of("res", res), List.of(), Envelope.output("Hello,World"));
    }

    /** Queues an order as it came and tells the caller that it did. */
    static Result httpTriggerWithOutputs(Invocation invocation) {
        // Inside Data.req strings are plain: Body is the request's text as it came.
        String body = invocation.object("req").path("Body").asText("");
        OptionalLong order = orderIn(body);
        if (order.isEmpty()) {
            // A caller's mistake is a successful invocation whose http output says 400.
            HttpOutput res = json(400, Map.of("error", "expected a JSON body with an integer order"));
            return new Result(Map.of("res", res), List.of(), null);
        }
        // The http output is always set: without it the client would get 200 and {}.
        HttpOutput res = json(201, Map.of("accepted", order.getAsLong()));
        Map<String, Object> outputs = new LinkedHashMap<>();
        outputs.put("order", Envelope.output(body));
        outputs.put("res", res);
        return new Result(outputs, List.of("Accepted order " + order.getAsLong()), null);
    }

    /** Passes a message on from one queue to another. */
    static Result queueTrigger(Invocation invocation) {
        String message = invocation.text("message");
        long attempt = invocation.attempt();
        if (message.equals("unprocessable")) {
            throw new Unprocessable(attempt);
        }
        int bytes = message.getBytes(StandardCharsets.UTF_8).length;
        return new Result(
                Map.of(),
                List.of("Passed on " + bytes + " bytes, attempt " + attempt),
                Envelope.output(message));
    }

    /** Turns one order into messages on two queues; the customer's name comes from a blob. */
    static Result queueTriggerWithOutputs(Invocation invocation) {
        // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id.
        long order = orderIn(invocation.text("message"))
                .orElseThrow(() -> new Unprocessable(invocation.attempt()));
        // A blob that does not exist arrives as null.
        String profile = invocation.textOrNull("profile");
        String customer = profile == null ? "an unknown customer" : profile;
        // The elements of an array output are not decoded: plain text, one message each.
        List<String> steps = List.of("Order " + order + ": pack", "Order " + order + ": bill");
        return new Result(
                Map.of("output1", steps),
                List.of("Order " + order),
                Envelope.output("Order " + order + " for " + customer));
    }

    /** Copies a blob, byte for byte and under its own name. */
    static Result blobTrigger(Invocation invocation) {
        // The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
        byte[] blob = invocation.bytes("blob");
        String name = invocation.metadataText("name");
        return new Result(
                Map.of(), List.of("Copied " + name + ", " + blob.length + " bytes"), Envelope.output(blob));
    }

    /** Counts the events of a batch, and the orders among them. */
    static Result eventHubTrigger(Invocation invocation) {
        // Data.messages is one string that holds a JSON array of strings, one for each event.
        List<String> events = invocation.texts("messages");
        long orders = events.stream()
                .filter(event -> orderIn(event).isPresent())
                .count();
        String summary = "{\"events\":" + events.size() + ",\"orders\":" + orders + "}";
        return new Result(
                Map.of("summary", Envelope.output(summary)),
                List.of("Batch of " + events.size() + " events"),
                null);
    }

    /** Queues a tick that says whether it comes late. */
    static Result timerTrigger(Invocation invocation) {
        // Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00 without an offset.
        JsonNode pastDue = invocation.object("timer").path("IsPastDue");
        if (!pastDue.isBoolean()) {
            throw new Envelope.Malformed("Expected `timer` to have a boolean IsPastDue");
        }
        return new Result(
                Map.of("tick", Envelope.output("{\"pastDue\":" + pastDue.booleanValue() + "}")),
                List.of("Timer ran, past due: " + pastDue.booleanValue()),
                null);
    }

    /** The {@code order} of a JSON text {@code {"order": 7}}; empty where there is none, or no integer. */
    private static OptionalLong orderIn(String json) {
        return Json.integer(Json.tryParse(json).path("order"));
    }

    /** An http output with a JSON body. */
    // The body is a string: an object would arrive indented, as text/plain.
    private static HttpOutput json(int status, Object body) {
        return new HttpOutput(
                status,
                Map.of("content-type", "application/json"),
                new String(Json.write(body), StandardCharsets.UTF_8));
    }
}
