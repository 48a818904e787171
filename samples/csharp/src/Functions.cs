using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Handler;

/// <summary>The functions: each takes a value and gives a value, so the tests call them without a server.</summary>
internal static class Functions
{
    /// <summary>Greets the world.</summary>
    public static Reply Hello(Request request) => Reply.Text(200, "Hello world");

    /// <summary>Greets the name in the query of a GET or in the JSON body of a POST.</summary>
    public static Reply SimpleHttpTrigger(Request request)
    {
        if (request.Method == "GET")
        {
            string asked = request.Query().GetValueOrDefault("name", "");
            return Reply.Text(200, $"Hello, {(asked == "" ? "world" : asked)}!");
        }
        string? name = Json.TryParse(request.Text).Member("name").AsText();
        return string.IsNullOrEmpty(name)
            ? Reply.Text(400, """Expected a JSON body such as {"name":"Ada"}""")
            : Reply.Text(200, $"Hello, {name}!");
    }

    /// <summary>Tells the caller what arrived.</summary>
    public static Reply SimpleHttpTriggerWithReturn(Request request)
    {
        var query = new JsonObject();
        foreach ((string name, string value) in request.Query())
        {
            // code carries the function key: never echo a key.
            if (!name.Equals("code", StringComparison.OrdinalIgnoreCase))
            {
                query[name] = value;
            }
        }
        return Reply.Json(Json.Write(new JsonObject
        {
            ["method"] = request.Method,
            ["path"] = request.Path,
            ["query"] = query,
            ["bytes"] = request.Body.Length,
            ["invocationId"] = request.InvocationId,
        }));
    }

    /// <summary>Answers over HTTP and queues what it returns.</summary>
    public static Result HttpTriggerStringReturnValue(Invocation invocation)
    {
        var res = new JsonObject
        {
            ["statusCode"] = 201,
            ["headers"] = new JsonObject { ["header1"] = "header1Val" },
            ["body"] = "my world",
        };
        return new Result(new JsonObject { ["res"] = res }, [], Output.Text("Hello,World"));
    }

    /// <summary>Queues an order as it came and tells the caller that it did.</summary>
    public static Result HttpTriggerWithOutputs(Invocation invocation)
    {
        // Inside Data.req strings are plain: Body is the request's text as it came.
        string body = invocation.Object("req").Member("Body").AsText() ?? "";
        // The http output is always set: without it the client would get 200 and {}.
        if (OrderIn(body) is not { } order)
        {
            // A caller's mistake is a successful invocation whose http output says 400.
            var mistake = new JsonObject { ["error"] = "expected a JSON body with an integer order" };
            return new Result(new JsonObject { ["res"] = Output.Http(400, mistake) }, [], null);
        }
        var outputs = new JsonObject
        {
            ["order"] = Output.Text(body),
            ["res"] = Output.Http(201, new JsonObject { ["accepted"] = order }),
        };
        return new Result(outputs, [$"Accepted order {order}"], null);
    }

    /// <summary>Passes a message on from one queue to another.</summary>
    public static Result QueueTrigger(Invocation invocation)
    {
        string message = invocation.Text("message");
        long attempt = invocation.Attempt();
        if (message == "unprocessable")
        {
            throw new UnprocessableException(attempt);
        }
        int bytes = Encoding.UTF8.GetByteCount(message);
        return new Result([], [$"Passed on {bytes} bytes, attempt {attempt}"], Output.Text(message));
    }

    /// <summary>Turns one order into messages on two queues; the customer's name comes from a blob.</summary>
    public static Result QueueTriggerWithOutputs(Invocation invocation)
    {
        // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id.
        long order = OrderIn(invocation.Text("message")) ?? throw new UnprocessableException(invocation.Attempt());
        // A blob that does not exist arrives as null.
        string customer = invocation.TextOrNull("profile") ?? "an unknown customer";
        // The elements of an array output are not decoded: plain text, one message each.
        var steps = new JsonArray($"Order {order}: pack", $"Order {order}: bill");
        return new Result(
            new JsonObject { ["output1"] = steps }, [$"Order {order}"], Output.Text($"Order {order} for {customer}"));
    }

    /// <summary>Copies a blob, byte for byte and under its own name.</summary>
    public static Result BlobTrigger(Invocation invocation)
    {
        byte[] blob = invocation.Bytes("blob");
        string name = invocation.MetadataText("name");
        return new Result([], [$"Copied {name}, {blob.Length} bytes"], Output.Bytes(blob));
    }

    /// <summary>Counts the events of a batch, and the orders among them.</summary>
    public static Result EventHubTrigger(Invocation invocation)
    {
        // Data.messages is one string that holds a JSON array of strings, one for each event.
        string[] events = invocation.Texts("messages");
        int orders = events.Count(text => OrderIn(text) is not null);
        string summary = $$"""{"events":{{events.Length}},"orders":{{orders}}}""";
        return new Result(
            new JsonObject { ["summary"] = Output.Text(summary) }, [$"Batch of {events.Length} events"], null);
    }

    /// <summary>Queues a tick that says whether it comes late.</summary>
    public static Result TimerTrigger(Invocation invocation)
    {
        // Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00 without an offset.
        string pastDue = invocation.Object("timer").Member("IsPastDue")?.ValueKind switch
        {
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => throw new MalformedException("Expected `timer` to have a boolean IsPastDue"),
        };
        string tick = $$"""{"pastDue":{{pastDue}}}""";
        return new Result(new JsonObject { ["tick"] = Output.Text(tick) }, [$"Timer ran, past due: {pastDue}"], null);
    }

    /// <summary>The order of a JSON text {"order": 7}; null where there is none, or no integer.</summary>
    private static long? OrderIn(string json) => Json.TryParse(json).Member("order").AsInteger();
}

/// <summary>A message that no attempt will get done.</summary>
internal sealed class UnprocessableException(long attempt) : Exception($"Cannot process, attempt {attempt}");
