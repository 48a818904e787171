using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Handler.Tests;

/// <summary>One test a function: those in default mode are called without a server.</summary>
public sealed class FunctionsTests : AppTests
{
    [Fact]
    public async Task HelloAnswersGetAndHeadAlone()
    {
        await AssertAnswer(200, "text/plain; charset=utf-8", "Hello world", await Client.GetAsync("/api/hello"));
        await AssertAnswer(200, "text/plain; charset=utf-8", "", await Client.SendAsync(new(HttpMethod.Head, "/api/hello")));
        HttpResponseMessage refused = await Client.PostAsync("/api/hello", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
        Assert.Equal(["GET", "HEAD"], refused.Content.Headers.Allow);
    }

    [Fact]
    public async Task SimpleHttpTriggerGreetsTheNameInQueryOrBody()
    {
        foreach ((string query, string name) in new[] { ("?name=Zo%C3%AB+B", "Zoë B"), ("?name=", "world"), ("", "world") })
        {
            await AssertAnswer(200, "text/plain; charset=utf-8", $"Hello, {name}!", await Client.GetAsync($"/api/SimpleHttpTrigger{query}"));
        }
        Task<HttpResponseMessage> Post(string body) => Client.PostAsync("/api/SimpleHttpTrigger", new StringContent(body));
        await AssertAnswer(200, "text/plain; charset=utf-8", "Hello, Ada!", await Post("""{"name":"Ada"}"""));
        foreach (string body in (string[])["", "name=Ada", "null", """{"name":null}""", """{"name":""}""", """{"name":7}"""])
        {
            await AssertAnswer(400, "text/plain; charset=utf-8", """Expected a JSON body such as {"name":"Ada"}""", await Post(body));
        }
    }

    [Fact]
    public async Task SimpleHttpTriggerWithReturnTellsWhatArrivedButNoKey()
    {
        Client.DefaultRequestHeaders.Add("X-Azure-Functions-InvocationId", "some-id");
        await AssertAnswer(
            200,
            "application/json",
            """{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1","flag":""},"bytes":3,"invocationId":"some-id"}""",
            await Client.PostAsync("/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret", new ByteArrayContent([0, 255, 254])));
    }

    [Fact]
    public void HttpTriggerStringReturnValueAnswersAndQueues()
    {
        InvocationResult result = Functions.HttpTriggerStringReturnValue(ReadEnvelope(new { req = new { } }));
        AssertOutputs("""{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}}""", result);
        Assert.Equal(Base64("Hello,World"), result.ReturnValue);
    }

    [Fact]
    public void HttpTriggerWithOutputsQueuesAnOrderOrSaysWhatIsWrong()
    {
        InvocationResult Post(string body) =>
            Functions.HttpTriggerWithOutputs(ReadEnvelope(new { req = new { Body = body, Params = new { customer = "ada" } } }));

        const string order = """ { "order" : 7, "item":"grüner Tee" } """;
        InvocationResult result = Post(order);
        AssertOutputs(
            $$$"""
            {"order":"{{{Base64(order)}}}",
             "res":{"statusCode":201,"headers":{"content-type":"application/json"},"body":"{\"accepted\":7,\"customer\":\"ada\"}"}}
            """,
            result);
        Assert.Equal(["Accepted order 7"], result.Logs);
        foreach (string body in (string[])["", "not json", "[7]", "{}", """{"order":"7"}""", """{"order":7.5}"""])
        {
            AssertOutputs(
                """
                {"res":{"statusCode":400,"headers":{"content-type":"application/json"},
                        "body":"{\"error\":\"expected a JSON body with an integer order\"}"}}
                """,
                Post(body));
        }
        Assert.Throws<BadEnvelopeException>(() => Functions.HttpTriggerWithOutputs(ReadEnvelope(new { req = "an order" })));
    }

    [Fact]
    public void QueueTriggerPassesOnAnyTextAndGivesUpOnOne()
    {
        foreach (string text in (string[])["hello", "test", "\"quoted\"", "null", "grüß"])
        {
            InvocationResult result = Functions.QueueTrigger(ReadEnvelope(new { message = Quoted(text) }, new { DequeueCount = "2" }));
            Assert.Equal(Base64(text), result.ReturnValue);
            Assert.Equal([$"Passed on {Encoding.UTF8.GetByteCount(text)} bytes, attempt 2"], result.Logs);
        }
        InvocationResult byAdmin = Functions.QueueTrigger(ReadEnvelope(new { message = Quoted("by admin") }));
        Assert.Equal(["Passed on 8 bytes, attempt 0"], byAdmin.Logs);
        // A message with such a property has overwritten the count.
        foreach (object? count in new object?[] { Quoted("9"), new { }, "null", null })
        {
            InvocationResult result = Functions.QueueTrigger(ReadEnvelope(new { message = Quoted("any") }, new { DequeueCount = count }));
            Assert.Equal(["Passed on 3 bytes, attempt 0"], result.Logs);
        }
        Envelope unprocessable = ReadEnvelope(new { message = Quoted("unprocessable") }, new { DequeueCount = "5" });
        var e = Assert.Throws<UnprocessableException>(() => Functions.QueueTrigger(unprocessable));
        Assert.Equal("Cannot process, attempt 5", e.Message);
    }

    [Fact]
    public void QueueTriggerWithOutputsLooksTheCustomerUp()
    {
        InvocationResult Trigger(string message, string? profile) => Functions.QueueTriggerWithOutputs(
            ReadEnvelope(new { message = Quoted(message), profile = Quoted(profile) }, new { DequeueCount = "5" }));

        foreach ((string? profile, string customer) in new[] { ("Ada", "Ada"), ("null", "null"), (null, "an unknown customer") })
        {
            InvocationResult result = Trigger("""{"order":7}""", profile);
            AssertOutputs("""{"output1":["Order 7: pack","Order 7: bill"]}""", result);
            Assert.Equal(["Order 7"], result.Logs);
            Assert.Equal(Base64($"Order 7 for {customer}"), result.ReturnValue);
        }
        var e = Assert.Throws<UnprocessableException>(() => Trigger("""{"order":"x"}""", "Ada"));
        Assert.Equal("Cannot process, attempt 5", e.Message);
    }

    [Fact]
    public async Task BlobTriggerCopiesBytes()
    {
        static string Body(string blob) =>
            JsonSerializer.Serialize(new { Data = new { blob }, Metadata = new { name = Quoted("a b é.bin") } });

        // "null" is the base64 of three bytes.
        foreach ((string blob, int length) in new[] { ("", 0), ("aGk=", 2), ("null", 3) })
        {
            InvocationResult result = Functions.BlobTrigger(Envelope.Read(Body(blob)));
            Assert.Equal(blob, result.ReturnValue);
            Assert.Equal([$"Copied a b é.bin, {length} bytes"], result.Logs);
        }
        Assert.Throws<BadEnvelopeException>(() => Functions.BlobTrigger(Envelope.Read(Body("a blob"))));

        // Longer than Kestrel takes if it is not told, and in chunks, as the host sends it.
        string large = Convert.ToBase64String(new byte[24 << 20]);
        using HttpRequestMessage request = new(HttpMethod.Post, "/BlobTrigger")
        {
            Content = new StringContent(Body(large)),
            Headers = { TransferEncodingChunked = true },
        };
        using HttpResponseMessage response = await Client.SendAsync(request);
        JsonElement answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(large, answer.GetProperty("ReturnValue").GetString());
    }

    [Fact]
    public void EventHubTriggerCountsEventsAndOrders()
    {
        string[] events = ["""{"order":1}""", "", "grüß", """{"order":"x"}""", """{"order":2}"""];
        InvocationResult result = Functions.EventHubTrigger(ReadEnvelope(new { messages = Quoted(events) }));
        AssertOutputs($$"""{"summary":"{{Base64("""{"events":5,"orders":2}""")}}"}""", result);
        Assert.Equal(["Batch of 5 events"], result.Logs);
        Envelope bad = ReadEnvelope(new { messages = Quoted((string?[])["", null]) });
        Assert.Throws<BadEnvelopeException>(() => Functions.EventHubTrigger(bad));
    }

    [Fact]
    public void TimerTriggerSaysWhetherItComesLate()
    {
        foreach (object? status in new object?[] { null, new { Last = "0001-01-01T00:00:00" }, new { Last = "0001-01-01T00:00:00+00:00" } })
        {
            foreach ((bool late, string text) in new[] { (true, "true"), (false, "false") })
            {
                InvocationResult result = Functions.TimerTrigger(ReadEnvelope(new { timer = new { IsPastDue = late, ScheduleStatus = status } }));
                AssertOutputs($$"""{"tick":"{{Base64($$"""{"pastDue":{{text}}}""")}}"}""", result);
                Assert.Equal([$"Timer ran, past due: {text}"], result.Logs);
            }
        }
        foreach (string bad in (string[])["late", """{"IsPastDue":true}"""])
        {
            Assert.Throws<BadEnvelopeException>(() => Functions.TimerTrigger(ReadEnvelope(new { timer = bad })));
        }
    }

    [Fact]
    public async Task HttpTriggerWithStreamingSendsEventsUntilTheCallerGoesAway()
    {
        HttpResponseMessage whole = await Client.GetAsync("/api/HttpTriggerWithStreaming?count=2&pauseMs=0");
        await AssertAnswer(200, "text/event-stream", "data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n", whole);
        Assert.True(whole.Headers.CacheControl?.NoCache);
        foreach (string query in (string[])["count=0", "count=21", "count=x", "count=1%0B", "count=", "pauseMs=-1", "pauseMs=2001"])
        {
            await AssertAnswer(
                400,
                "application/json",
                """{"error":"expected count from 1 to 20 and pauseMs from 0 to 2000"}""",
                await Client.GetAsync($"/api/HttpTriggerWithStreaming?{query}"));
        }

        using Process program = StartProgram("0");
        try
        {
            string listening = (await program.StandardOutput.ReadLineAsync().WaitAsync(Limit))!;
            Uri address = new($"{listening.Split(' ')[2]}/api/HttpTriggerWithStreaming?count=20&pauseMs=2000");
            using (Stream events = await Client.GetStreamAsync(address))
            {
                Assert.Equal("""data: {"piece":1}""", await new StreamReader(events).ReadLineAsync());
            }
            // The last piece is 38 s away: the first one has come alone.
            Assert.Equal("Stopped after 1 pieces", await program.StandardOutput.ReadLineAsync().WaitAsync(Limit));
        }
        finally
        {
            program.Kill();
        }
    }

    private static Envelope ReadEnvelope(object data, object? metadata = null) =>
        Envelope.Read(JsonSerializer.Serialize(new { Data = data, Metadata = metadata ?? new { } }));

    /// <summary>A value as the host sends it: JSON inside a JSON string.</summary>
    private static string Quoted(object? value) => JsonSerializer.Serialize(value);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void AssertOutputs(string json, InvocationResult result) =>
        Assert.True(
            JsonElement.DeepEquals(JsonElement.Parse(json), JsonSerializer.SerializeToElement(result.Outputs)),
            JsonSerializer.Serialize(result.Outputs));

    private static async Task AssertAnswer(int status, string contentType, string body, HttpResponseMessage response) =>
        Assert.Equal(
            (status, contentType, body),
            ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync()));
}
