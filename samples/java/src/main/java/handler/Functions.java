package handler;

import static handler.Envelope.string;
import static handler.InvocationResult.jsonOutput;
import static handler.InvocationResult.outputBytes;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** The functions in default mode: an envelope in, a result out, so the tests call them without a server. */
final class Functions {
    /** A message that can never be handled. */
    static final class Unprocessable extends RuntimeException {
        Unprocessable(int attempt) {
            super("Cannot process, attempt " + attempt);
        }
    }

    /** Answers over HTTP and queues what it returns. */
    static InvocationResult httpTriggerStringReturnValue(Envelope envelope) {
        var res = new InvocationResult.HttpOutput(201, Map.of("header1", "header1Val"), "my world");
        return new InvocationResult(Map.of("res", res), List.of(), outputBytes("Hello,World"));
    }

    /** Queues an order as it came and tells the caller that it did. */
    static InvocationResult httpTriggerWithOutputs(Envelope envelope) {
        // Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its
        // route.
        JsonNode req = envelope.object("req");
        String body = req.path("Body").stringValue("");
        OptionalLong order = orderIn(body);
        if (order.isEmpty()) {
            // A caller's mistake is a successful invocation whose http output says 400.
            var res = jsonOutput(400, Map.of("error", "expected a JSON body with an integer order"));
            return new InvocationResult(Map.of("res", res), List.of(), null);
        }
        // The http output is always set: without it the client would get 200 and {}.
        String customer = req.path("Params").path("customer").stringValue("");
        var res = jsonOutput(201, new Accepted(order.getAsLong(), customer));
        Map<String, Object> outputs = Map.of("order", outputBytes(body), "res", res);
        return new InvocationResult(outputs, List.of("Accepted order " + order.getAsLong()), null);
    }

    private record Accepted(long accepted, String customer) {}

    /** Passes a message on from one queue to another. */
    static InvocationResult queueTrigger(Envelope envelope) {
        String message = string(envelope.data(), "message");
        int attempt = envelope.attempt();
        if (message.equals("unprocessable")) {
            throw new Unprocessable(attempt);
        }
        String log = "Passed on " + message.getBytes(UTF_8).length + " bytes, attempt " + attempt;
        return new InvocationResult(Map.of(), List.of(log), outputBytes(message));
    }

    /** Turns one order into messages on two queues; the customer's name comes from a blob. */
    static InvocationResult queueTriggerWithOutputs(Envelope envelope) {
        // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.
        long order = orderIn(string(envelope.data(), "message")).orElseThrow(() -> new Unprocessable(envelope.attempt()));
        // A blob that does not exist arrives as null.
        boolean unknown = envelope.data().path("profile").stringValue("").equals("null");
        String customer = unknown ? "an unknown customer" : string(envelope.data(), "profile");
        // The elements of an array output are not decoded: plain text, one message each.
        List<String> output1 = List.of("Order " + order + ": pack", "Order " + order + ": bill");
        String queued = outputBytes("Order " + order + " for " + customer);
        return new InvocationResult(Map.of("output1", output1), List.of("Order " + order), queued);
    }

    /** Copies a blob, byte for byte and under its own name. */
    static InvocationResult blobTrigger(Envelope envelope) {
        byte[] blob = envelope.blobBytes("blob");
        String log = "Copied " + string(envelope.metadata(), "name") + ", " + blob.length + " bytes";
        return new InvocationResult(Map.of(), List.of(log), outputBytes(blob));
    }

    /** Counts the events of a batch, and the orders among them. */
    static InvocationResult eventHubTrigger(Envelope envelope) {
        // Data.messages is one string that holds a JSON array of strings, one for each event.
        List<String> events = Envelope.strings(envelope.data(), "messages");
        long orders = events.stream().filter(event -> orderIn(event).isPresent()).count();
        String summary = outputBytes(Envelope.JSON.writeValueAsString(new Summary(events.size(), orders)));
        return new InvocationResult(Map.of("summary", summary), List.of("Batch of " + events.size() + " events"), null);
    }

    private record Summary(int events, long orders) {}

    /** Queues a tick that says whether it comes late. */
    static InvocationResult timerTrigger(Envelope envelope) {
        // Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.
        boolean pastDue = envelope.object("timer").path("IsPastDue").booleanValue(false);
        String tick = outputBytes(Envelope.JSON.writeValueAsString(Map.of("pastDue", pastDue)));
        return new InvocationResult(Map.of("tick", tick), List.of("Timer ran, past due: " + pastDue), null);
    }

    /** The {@code order} of a JSON text {@code {"order":7}}; empty if there is none, or no integer. */
    private static OptionalLong orderIn(String json) {
        return Envelope.parse(json).path("order").longValueOpt();
    }
}
