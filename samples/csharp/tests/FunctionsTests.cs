using System.Text;
using System.Text.Json;

namespace Handler.Tests;

/// <summary>The functions in default mode, one test each: an envelope in, a result out, without a server.</summary>
public sealed class FunctionsTests
{
    [Fact]
    public void HttpTriggerStringReturnValueAnswersAndQueues()
    {
        InvocationResult result = Functions.HttpTriggerStringReturnValue(Envelope.Read("""{"Data":{"req":{}},"Metadata":{}}"""));
        AssertOutputs("""{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}}""", result);
        Assert.Equal(Base64("Hello,World"), result.ReturnValue);
    }

    [Fact]
    public void HttpTriggerWithOutputsQueuesTheOrderAsItCame()
    {
        const string body = """ { "order" : 7, "item":"grüner Tee" } """;
        InvocationResult result = Functions.HttpTriggerWithOutputs(
            ReadEnvelope(new { req = new { Body = body, Params = new { customer = "ada" } } }));
        AssertOutputs(
            $$$"""
            {"order":"{{{Base64(body)}}}",
             "res":{"statusCode":201,"headers":{"content-type":"application/json"},"body":"{\"accepted\":7,\"customer\":\"ada\"}"}}
            """,
            result);
        Assert.Equal(["Accepted order 7"], result.Logs);
    }

    [Fact]
    public void HttpTriggerWithOutputsTellsTheCallerWhatIsWrong()
    {
        foreach (string? body in (string?[])[null, "not json", "[7]", """{"item":"tea"}""", """{"order":"7"}""", """{"order":7.5}"""])
        {
            object req = body is null ? new { Params = new { customer = "ada" } } : new { Body = body, Params = new { customer = "ada" } };
            InvocationResult result = Functions.HttpTriggerWithOutputs(ReadEnvelope(new { req }));
            AssertOutputs(
                """
                {"res":{"statusCode":400,"headers":{"content-type":"application/json"},
                        "body":"{\"error\":\"expected a JSON body with an integer order\"}"}}
                """,
                result);
        }
        Assert.Throws<BadEnvelopeException>(() => Functions.HttpTriggerWithOutputs(ReadEnvelope(new { req = "an order" })));
    }

    [Fact]
    public void QueueTriggerPassesOnTheSameText()
    {
        foreach (string message in (string[])["", "test", "[1,2]", """{ "b" : 2, "a": 1.50 }""", "\"quoted\"", "null", "grüß", new string('x', 49152)])
        {
            InvocationResult result = Functions.QueueTrigger(
                ReadEnvelope(new { message = Nested(message) }, new { DequeueCount = "2" }));
            Assert.Equal(Base64(message), result.ReturnValue);
            Assert.Equal([$"Passed on {Encoding.UTF8.GetByteCount(message)} bytes, attempt 2"], result.Logs);
        }
    }

    [Fact]
    public void QueueTriggerCountsNoAttemptWhenInvokedByHand() =>
        Assert.Equal(
            ["Passed on 8 bytes, attempt 0"],
            Functions.QueueTrigger(ReadEnvelope(new { message = Nested("by admin") })).Logs);

    [Fact]
    public void QueueTriggerGivesUpOnTheUnprocessable()
    {
        Envelope envelope = ReadEnvelope(new { message = Nested("unprocessable") }, new { DequeueCount = "3" });
        var e = Assert.Throws<UnprocessableException>(() => Functions.QueueTrigger(envelope));
        Assert.Equal("Cannot process, attempt 3", e.Message);
    }

    [Fact]
    public void QueueTriggerWithOutputsWritesToTwoQueues()
    {
        foreach ((string profile, string customer) in new[] { (Nested("Ada"), "Ada"), (Nested("null"), "null"), ("null", "an unknown customer") })
        {
            string message = Nested("""{"order":7,"customer":"ada.txt"}""");
            InvocationResult result = Functions.QueueTriggerWithOutputs(ReadEnvelope(new { message, profile }));
            AssertOutputs("""{"output1":["Order 7: pack","Order 7: bill"]}""", result);
            Assert.Equal(Base64($"Order 7 for {customer}"), result.ReturnValue);
        }
        Envelope bad = ReadEnvelope(new { message = Nested("""{"order":"x"}""") }, new { DequeueCount = "5" });
        Assert.Throws<UnprocessableException>(() => Functions.QueueTriggerWithOutputs(bad));
    }

    [Fact]
    public void BlobTriggerCopiesTheBytes()
    {
        // "null" is the base64 of three bytes.
        foreach (string blob in (string[])["", "null", Convert.ToBase64String(new byte[8 << 20])])
        {
            InvocationResult result = Functions.BlobTrigger(ReadEnvelope(new { blob }, new { name = Nested("a b é.bin") }));
            Assert.Equal(blob, result.ReturnValue);
            Assert.Equal([$"Copied a b é.bin, {Convert.FromBase64String(blob).Length} bytes"], result.Logs);
        }
        Envelope bad = ReadEnvelope(new { blob = "a blob" }, new { name = Nested("a") });
        Assert.Throws<BadEnvelopeException>(() => Functions.BlobTrigger(bad));
    }

    [Fact]
    public void EventHubTriggerCountsEventsAndOrders()
    {
        string[] events = ["""{"order":1}""", "not json", """{"order":"2"}""", "[]", """{ "order" : 3 }"""];
        InvocationResult result = Functions.EventHubTrigger(ReadEnvelope(new { messages = Nested(events) }));
        AssertOutputs($$"""{"summary":"{{Base64("""{"events":5,"orders":2}""")}}"}""", result);
        Assert.Equal(["Batch of 5 events"], result.Logs);
        Envelope bad = ReadEnvelope(new { messages = Nested((string?[])["", null]) });
        Assert.Throws<BadEnvelopeException>(() => Functions.EventHubTrigger(bad));
    }

    [Fact]
    public void TimerTriggerSaysWhetherItIsLate()
    {
        foreach (object? status in new object?[] { null, new { Last = "0001-01-01T00:00:00" }, new { Last = "0001-01-01T00:00:00+00:00" } })
        {
            InvocationResult result = Functions.TimerTrigger(
                ReadEnvelope(new { timer = new { ScheduleStatus = status, IsPastDue = true } }));
            AssertOutputs($$"""{"tick":"{{Base64("""{"pastDue":true}""")}}"}""", result);
            Assert.Equal(["Timer ran, past due: true"], result.Logs);
        }
        Assert.Throws<BadEnvelopeException>(() => Functions.TimerTrigger(ReadEnvelope(new { timer = "late" })));
    }

    private static Envelope ReadEnvelope(object data, object? metadata = null) =>
        Envelope.Read(JsonSerializer.Serialize(new { Data = data, Metadata = metadata ?? new { } }));

    /// <summary>JSON text inside a string, as the host sends it.</summary>
    private static string Nested(object value) => JsonSerializer.Serialize(value);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void AssertOutputs(string json, InvocationResult result) =>
        Assert.True(
            JsonElement.DeepEquals(JsonElement.Parse(json), JsonSerializer.SerializeToElement(result.Outputs)),
            JsonSerializer.Serialize(result.Outputs));
}
