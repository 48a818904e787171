using static Handler.InvocationResult;

namespace Handler;

/// <summary>The functions in default mode: an envelope in, a result out, so the tests call them without a server.</summary>
internal static class Functions
{
    /// <summary>Answers over HTTP and queues what it returns.</summary>
    public static InvocationResult HttpTriggerStringReturnValue(Envelope envelope) => new(
        new { res = new { statusCode = 201, headers = new { header1 = "header1Val" }, body = "my world" } }, [], OutputBytes("Hello,World"));

    /// <summary>Queues an order as it came and tells the caller that it did.</summary>
    public static InvocationResult HttpTriggerWithOutputs(Envelope envelope)
    {
        // Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its
        // route.
        var req = envelope.Object<HttpTriggerData>("req");
        if (OrderIn(req.Body) is not { } accepted)
        {
            // A caller's mistake is a successful invocation whose http output says 400.
            return new(new { res = JsonOutput(400, new { error = "expected a JSON body with an integer order" }) }, []);
        }
        // The http output is always set: without it the client would get 200 and {}.
        object res = JsonOutput(201, new { accepted, customer = req.Params.GetValueOrDefault("customer") });
        return new(new { order = OutputBytes(req.Body), res }, [$"Accepted order {accepted}"]);
    }

    /// <summary>Passes a message on from one queue to another.</summary>
    public static InvocationResult QueueTrigger(Envelope envelope)
    {
        string message = envelope.String("message");
        int attempt = envelope.Attempt();
        return message == "unprocessable"
            ? throw new UnprocessableException(attempt)
            : new(new { }, [$"Passed on {Encoding.UTF8.GetByteCount(message)} bytes, attempt {attempt}"], OutputBytes(message));
    }

    /// <summary>Turns one order into messages on two queues; the customer's name comes from a blob.</summary>
    public static InvocationResult QueueTriggerWithOutputs(Envelope envelope)
    {
        // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.
        long order = OrderIn(envelope.String("message")) ?? throw new UnprocessableException(envelope.Attempt());
        string customer = envelope.StringOrNull("profile") ?? "an unknown customer";
        // The elements of an array output are not decoded: plain text, one message each.
        string[] output1 = [$"Order {order}: pack", $"Order {order}: bill"];
        return new(new { output1 }, [$"Order {order}"], OutputBytes($"Order {order} for {customer}"));
    }

    /// <summary>Copies a blob, byte for byte and under its own name.</summary>
    public static InvocationResult BlobTrigger(Envelope envelope)
    {
        byte[] blob = envelope.BlobBytes("blob");
        string name = envelope.MetadataString("name");
        return new(new { }, [$"Copied {name}, {blob.Length} bytes"], OutputBytes(blob));
    }

    /// <summary>Counts the events of a batch, and the orders among them.</summary>
    public static InvocationResult EventHubTrigger(Envelope envelope)
    {
        // Data.messages is one string that holds a JSON array of strings, one for each event.
        string[] events = envelope.Strings("messages");
        int orders = events.Count(text => OrderIn(text) is not null);
        return new(new { summary = OutputBytes(JsonSerializer.Serialize(new { events = events.Length, orders })) }, [$"Batch of {events.Length} events"]);
    }

    /// <summary>Queues a tick that says whether it comes late.</summary>
    public static InvocationResult TimerTrigger(Envelope envelope)
    {
        // Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.
        bool pastDue = envelope.Object<TimerTriggerData>("timer").IsPastDue;
        return new(new { tick = OutputBytes(JsonSerializer.Serialize(new { pastDue })) }, [$"Timer ran, past due: {(pastDue ? "true" : "false")}"]);
    }

    /// <summary>The order of a JSON text such as {"order":7}; null if it has none, or no integer.</summary>
    private static long? OrderIn(string json) => Envelope.TryParse<Order>(json)?.Number;
}

/// <summary>An order, as a caller or a message has it.</summary>
internal sealed record Order([property: JsonPropertyName("order")] long Number);

/// <summary>A message that can never be handled.</summary>
internal sealed class UnprocessableException(int attempt) : Exception($"Cannot process, attempt {attempt}");
