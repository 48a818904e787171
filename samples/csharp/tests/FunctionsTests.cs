using System.Text;
using System.Text.Json;

namespace Handler.Tests;

/// <summary>The replies of every function, without a server.</summary>
public class FunctionsTests
{
    [Fact]
    public void HelloGreetsTheWorld() => AssertReply(200, "Hello world", Functions.Hello(Get(null)));

    [Theory]
    [InlineData(null, "Hello, world!")]
    [InlineData("?name=", "Hello, world!")]
    [InlineData("?Name=Ada", "Hello, world!")]
    [InlineData("?name=Ada", "Hello, Ada!")]
    [InlineData("?name=Zo%C3%AB", "Hello, Zoë!")]
    [InlineData("?name=Ada+B", "Hello, Ada B!")]
    [InlineData("?name=A,B", "Hello, A,B!")]
    [InlineData("?name=A&name=B", "Hello, A,B!")]
    [InlineData("?name=100%", "Hello, 100%!")]
    [InlineData("?name=%41%zz%4", "Hello, A%zz%4!")]
    [InlineData("?&=&name=Ada&=x", "Hello, Ada!")]
    public void SimpleHttpTriggerGreetsTheNameInTheQuery(string? query, string greeting) =>
        AssertReply(200, greeting, Functions.SimpleHttpTrigger(Get(query)));

    [Theory]
    [InlineData("""{"name":"Zoë"}""")]
    [InlineData(""" { "age" : 7, "name" : "Zo\u00eb" } """)]
    [InlineData("""{"name":1,"name":"Zoë"}""")]
    public void SimpleHttpTriggerGreetsTheNameInTheBody(string body) =>
        AssertReply(200, "Hello, Zoë!", Functions.SimpleHttpTrigger(Post(body)));

    [Theory]
    [InlineData("")]
    [InlineData("Ada")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"name\"")]
    [InlineData("{}")]
    [InlineData("""{"Name":"Ada"}""")]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"name":7}""")]
    [InlineData("""{"name":["Ada"]}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"name":"Ada"} x""")]
    [InlineData("""{"name":"Ada",}""")]
    public void SimpleHttpTriggerReportsABodyWithoutAName(string body) =>
        AssertReply(400, """Expected a JSON body such as {"name":"Ada"}""", Functions.SimpleHttpTrigger(Post(body)));

    [Fact]
    public void SimpleHttpTriggerWithReturnTellsWhatArrived()
    {
        var request = new Request("POST", "/api/%20x", "?z=1,2&flag=&CODE=secret&1=%C3%AB+%22", "42", [0, 1, 0xff]);
        AssertReply(
            200,
            """{"method":"POST","path":"/api/%20x","query":{"z":"1,2","flag":"","1":"ë \""},"bytes":3,"invocationId":"42"}""",
            Functions.SimpleHttpTriggerWithReturn(request));
    }

    [Fact]
    public void SimpleHttpTriggerWithReturnHasNullForAnAbsentInvocationId() =>
        AssertReply(
            200,
            """{"method":"GET","path":"/api/any","query":{},"bytes":0,"invocationId":null}""",
            Functions.SimpleHttpTriggerWithReturn(Get("?code=secret")));

    [Fact]
    public void HttpTriggerStringReturnValueAnswersAndQueues() =>
        AssertResult(
            """{"Outputs":{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}},"Logs":[],"ReturnValue":"SGVsbG8sV29ybGQ="}""",
            Functions.HttpTriggerStringReturnValue(Http("")));

    [Theory]
    [InlineData("""{"order":7,"item":"tea"}""")]
    [InlineData(" {\t\"item\" : \"grüß\",\r\n \"order\" :7 }\n")]
    [InlineData("""{"order":8,"order":7}""")]
    [InlineData("""{"order":7.0}""")]
    [InlineData("""{"order":7e0}""")]
    public void HttpTriggerWithOutputsQueuesTheOrderAsItCame(string body) =>
        AssertResult(
            $$$"""{"Outputs":{"order":"{{{Base64(body)}}}","res":{"statusCode":201,"headers":{"content-type":"application/json"},"body":"{\"accepted\":7}"}},"Logs":["Accepted order 7"],"ReturnValue":null}""",
            Functions.HttpTriggerWithOutputs(Http(body)));

    [Theory]
    [InlineData("-0")]
    [InlineData("-0.0")]
    public void HttpTriggerWithOutputsShowsMinusZeroAsZero(string order) =>
        Assert.Equal(["Accepted order 0"], Functions.HttpTriggerWithOutputs(Http($"{{\"order\":{order}}}")).Logs);

    [Theory]
    [InlineData(0)]
    [InlineData(-7)]
    [InlineData(9007199254740991)]
    [InlineData(-9007199254740991)]
    public void HttpTriggerWithOutputsTakesEveryIntegerOf53Bits(long order) =>
        Assert.Equal([$"Accepted order {order}"], Functions.HttpTriggerWithOutputs(Http($"{{\"order\":{order}}}")).Logs);

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Order":7}""")]
    [InlineData("""{"order":null}""")]
    [InlineData("""{"order":"7"}""")]
    [InlineData("""{"order":7.5}""")]
    [InlineData("""{"order":75e-1}""")]
    [InlineData("""{"order":1e400}""")]
    [InlineData("""{"order":true}""")]
    [InlineData("""{"order":[7]}""")]
    [InlineData("""{"order":9007199254740992}""")]
    [InlineData("""{"order":-9007199254740992}""")]
    [InlineData("""{"order":123456789012345678901234567890}""")]
    [InlineData("""{"order":7} x""")]
    [InlineData("""{"order":07}""")]
    public void HttpTriggerWithOutputsReportsTheCallersMistake(string body) =>
        AssertResult(
            """{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},"body":"{\"error\":\"expected a JSON body with an integer order\"}"}},"Logs":[],"ReturnValue":null}""",
            Functions.HttpTriggerWithOutputs(Http(body)));

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("test")]
    [InlineData("[1,2]")]
    [InlineData("""{"a":1}""")]
    [InlineData("""{ "b" : 2, "a": 1.50 }""")]
    [InlineData("42")]
    [InlineData("\"quoted\"")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("2020-01-01T00:00:00Z")]
    [InlineData("grüß")]
    [InlineData("🦊\n\t\\")]
    [InlineData("a\0b")]
    public void QueueTriggerPassesOnTheSameText(string message)
    {
        Result result = Functions.QueueTrigger(Message(message, "1"));
        Assert.Empty(result.Outputs);
        Assert.Equal([$"Passed on {Encoding.UTF8.GetByteCount(message)} bytes, attempt 1"], result.Logs);
        Assert.Equal(Base64(message), result.ReturnValue);
    }

    [Fact]
    public void QueueTriggerPassesOn48KiB()
    {
        string message = string.Concat(Enumerable.Repeat("grüß ", 7022));
        Assert.Equal(Base64(message), Functions.QueueTrigger(Message(message, "1")).ReturnValue);
    }

    [Fact]
    public void QueueTriggerCountsNoAttemptWithoutADequeueCount() =>
        Assert.Equal(
            ["Passed on 8 bytes, attempt 0"],
            Functions.QueueTrigger(Envelope(new { message = Nested("by admin") }, new { })).Logs);

    [Fact]
    public void QueueTriggerRefusesTheUnprocessable()
    {
        var refusal = Assert.Throws<UnprocessableException>(() => Functions.QueueTrigger(Message("unprocessable", "3")));
        Assert.Equal("Cannot process, attempt 3", refusal.Message);
    }

    [Theory]
    [InlineData("\"Ada\"", "Ada")]
    [InlineData("\"null\"", "null")]
    [InlineData("\"\"", "")]
    [InlineData("null", "an unknown customer")]
    public void QueueTriggerWithOutputsWritesToTwoQueues(string profile, string customer)
    {
        string message = Nested("""{"order":7,"customer":"ada.txt"}""");
        AssertResult(
            $$"""{"Outputs":{"output1":["Order 7: pack","Order 7: bill"]},"Logs":["Order 7"],"ReturnValue":"{{Base64($"Order 7 for {customer}")}}"}""",
            Functions.QueueTriggerWithOutputs(Envelope(new { message, profile }, new { })));
    }

    [Theory]
    [InlineData("""{"order":"x"}""")]
    [InlineData("""{"order":7.5}""")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("not json")]
    public void QueueTriggerWithOutputsRefusesAMessageWithoutAnOrder(string message)
    {
        var refusal = Assert.Throws<UnprocessableException>(() => Functions.QueueTriggerWithOutputs(Message(message, "2")));
        Assert.Equal("Cannot process, attempt 2", refusal.Message);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("aGk=", 2)]
    [InlineData("null", 3)]
    [InlineData("1234", 3)]
    public void BlobTriggerCopiesTheBytes(string blob, int length) =>
        AssertResult(
            $$"""{"Outputs":{},"Logs":["Copied a b é.bin, {{length}} bytes"],"ReturnValue":"{{blob}}"}""",
            Functions.BlobTrigger(Envelope(new { blob }, new { name = Nested("a b é.bin") })));

    [Fact]
    public void BlobTriggerCopies24MiB()
    {
        byte[] bytes = new byte[24 << 20];
        new Random(1).NextBytes(bytes);
        string blob = Convert.ToBase64String(bytes);
        Assert.True(blob == Functions.BlobTrigger(Envelope(new { blob }, new { name = Nested("large.bin") })).ReturnValue);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1, """{"order":7}""")]
    [InlineData(1, 0, "not json")]
    [InlineData(6, 2, """{"order":1}""", "not json", """{"order":"2"}""", "[]", """{ "order" : 3 }""", "")]
    public void EventHubTriggerCountsEventsAndOrders(int events, int orders, params string[] texts)
    {
        string summary = Base64($"{{\"events\":{events},\"orders\":{orders}}}");
        AssertResult(
            $$"""{"Outputs":{"summary":"{{summary}}"},"Logs":["Batch of {{events}} events"],"ReturnValue":null}""",
            Functions.EventHubTrigger(Envelope(new { messages = JsonSerializer.Serialize(texts) }, new { })));
    }

    [Theory]
    [InlineData("false", "null")]
    [InlineData("true", """{"Last":"0001-01-01T00:00:00","Next":"2026-11-24T03:00:00+00:00"}""")]
    [InlineData("false", """{"Last":"2026-11-23T03:00:00.0031+00:00","Next":"2026-11-24T03:00:00+00:00"}""")]
    public void TimerTriggerSaysWhetherItIsLate(string pastDue, string status)
    {
        JsonElement timer = JsonElement.Parse($$"""
            {"Schedule":{"AdjustForDST":true},"ScheduleStatus":{{status}},"IsPastDue":{{pastDue}} }
            """);
        string tick = Base64($"{{\"pastDue\":{pastDue}}}");
        AssertResult(
            $$"""{"Outputs":{"tick":"{{tick}}"},"Logs":["Timer ran, past due: {{pastDue}}"],"ReturnValue":null}""",
            Functions.TimerTrigger(Envelope(new { timer }, new { })));
    }

    private static Request Get(string? query) => new("GET", "/api/any", query, null, []);

    private static Request Post(string body) => new("POST", "/api/any", null, null, Encoding.UTF8.GetBytes(body));

    private static Invocation Http(string body) => Envelope(new { req = new { Method = "POST", Body = body } }, new { });

    private static Invocation Message(string text, string attempt) =>
        Envelope(new { message = Nested(text) }, new { DequeueCount = attempt });

    /// <summary>Takes the way over the wire, so that what a test says is what a host could send.</summary>
    private static Invocation Envelope(object data, object metadata) =>
        Invocation.Read(JsonSerializer.SerializeToUtf8Bytes(new { Data = data, Metadata = metadata }));

    /// <summary>The JSON text of a string: a member of Data or Metadata.</summary>
    private static string Nested(string text) => JsonSerializer.Serialize(text);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void AssertReply(int status, string body, Reply reply) =>
        Assert.Equal((status, body), (reply.Status, Encoding.UTF8.GetString(reply.Body)));

    /// <summary>Compares the answer as the host would get it.</summary>
    private static void AssertResult(string expected, Result result) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(Json.Write(result)));
}
