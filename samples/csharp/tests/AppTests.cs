using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;

namespace Handler.Tests;

/// <summary>The handler over real HTTP.</summary>
public sealed class AppTests : IAsyncLifetime
{
    private readonly WebApplication app = App.Create(0);
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(30) };

    public async Task InitializeAsync()
    {
        await app.StartAsync();
        client.BaseAddress = new Uri(app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
    }

    [Theory]
    [InlineData(null, true, 8081)]
    [InlineData("7071", true, 7071)]
    [InlineData("", false, 0)]
    [InlineData("x", false, 0)]
    [InlineData("-1", false, 0)]
    [InlineData("65536", false, 65536)]
    public void ReadsThePort(string? named, bool valid, int expected) =>
        Assert.Equal((valid, expected), (Port.TryParse(named, out int port), port));

    [Fact]
    public async Task ListensOnTheLoopbackInterfaceWhateverTheImageSays()
    {
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://+:80");
        Environment.SetEnvironmentVariable("ASPNETCORE_CONTENTROOT", "/nowhere");
        try
        {
            await using WebApplication other = App.Create(0);
            await other.StartAsync();
            Assert.StartsWith("http://127.0.0.1:", other.Urls.Single());
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
            Environment.SetEnvironmentVariable("ASPNETCORE_CONTENTROOT", null);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api")]
    [InlineData("/hello")]
    [InlineData("/API/hello")]
    [InlineData("/api/hello/")]
    [InlineData("/api/QueueTrigger")]
    [InlineData("/QueueTrigger/x")]
    public async Task AnUnknownPathIsNotFound(string path)
    {
        HttpResponseMessage response = await client.GetAsync(path);
        Assert.Equal((404, "Not found"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("POST", "/api/hello", "GET, HEAD", "Use GET")]
    [InlineData("PUT", "/api/SimpleHttpTrigger", "GET, POST", "Use GET or POST")]
    [InlineData("DELETE", "/api/SimpleHttpTriggerWithReturn", "GET, POST", "Use GET or POST")]
    [InlineData("GET", "/QueueTrigger", "POST", "Use POST")]
    public async Task AnotherMethodIsNotAllowed(string method, string path, string allow, string body)
    {
        HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allow, string.Join(", ", response.Content.Headers.Allow));
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnswersGet()
    {
        HttpResponseMessage response = await client.GetAsync("/api/hello");
        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("Hello world", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnswersHeadWithoutABody()
    {
        HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/hello"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(11, response.Content.Headers.ContentLength);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task PassesPathQueryAndInvocationIdOn()
    {
        client.DefaultRequestHeaders.Add("X-Azure-Functions-InvocationId", "42");
        HttpResponseMessage response = await client.GetAsync("/api/SimpleHttpTriggerWithReturn?a=%2F%C3%AB&flag&b=+");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(
            """{"method":"GET","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"/ë","flag":"","b":" "},"bytes":0,"invocationId":"42"}""",
            await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("""{"Data":{}}""")]
    [InlineData("""{"data":{},"metadata":{}}""")]
    [InlineData("""{"Data":1,"Metadata":{}}""")]
    public Task WhatIsNoEnvelopeIsABadRequest(string body) =>
        AssertPosted(400, """Expected a JSON body such as {"Data":{},"Metadata":{}}""", "/HttpTriggerStringReturnValue", body);

    [Theory]
    [InlineData("/HttpTriggerWithOutputs", "{}", "{}", "`req` to be an object")]
    [InlineData("/QueueTrigger", "{}", "{}", "`message` to be a text, as JSON inside a JSON string")]
    [InlineData("/QueueTrigger", """{"message":"hello"}""", "{}", "`message` to be a text, as JSON inside a JSON string")]
    [InlineData("/QueueTrigger", """{"message":"7"}""", "{}", "`message` to be a text, as JSON inside a JSON string")]
    [InlineData("/QueueTrigger", """{"message":"\"a\""}""", """{"DequeueCount":"x"}""", "`DequeueCount` to be a number, as JSON inside a JSON string")]
    [InlineData("/QueueTriggerWithOutputs", """{"message":"\"{\\\"order\\\":7}\""}""", "{}", "`profile` to be a text or null, as JSON inside a JSON string")]
    [InlineData("/BlobTrigger", """{"blob":"a?=="}""", """{"name":"\"a\""}""", "`blob` to be base64")]
    [InlineData("/BlobTrigger", """{"blob":"aGk="}""", "{}", "`name` to be a text, as JSON inside a JSON string")]
    [InlineData("/EventHubTrigger", """{"messages":"{}"}""", "{}", "`messages` to be an array of strings, as JSON inside a JSON string")]
    [InlineData("/EventHubTrigger", """{"messages":"[1]"}""", "{}", "`messages` to be an array of strings, as JSON inside a JSON string")]
    [InlineData("/TimerTrigger", """{"timer":"x"}""", "{}", "`timer` to be an object")]
    [InlineData("/TimerTrigger", """{"timer":{"IsPastDue":"true"}}""", "{}", "`timer` to have a boolean IsPastDue")]
    public Task AnEnvelopeWithoutWhatTheFunctionNeedsIsABadRequest(string path, string data, string metadata, string what) =>
        AssertPosted(400, $"Expected {what}", path, $"{{\"Data\":{data},\"Metadata\":{metadata}}}");

    [Fact]
    public Task AMessageNobodyCanHandleIsAServerError() =>
        AssertPosted(
            500,
            "Cannot process, attempt 5",
            "/QueueTrigger",
            """{"Data":{"message":"\"unprocessable\""},"Metadata":{"DequeueCount":"5"}}""");

    [Fact]
    public async Task AnswersAChunkedEnvelopeWithALargeBlob()
    {
        byte[] bytes = new byte[32 << 20];
        new Random(2).NextBytes(bytes);
        string blob = Convert.ToBase64String(bytes);
        var request = new HttpRequestMessage(HttpMethod.Post, "/BlobTrigger")
        {
            Content = new StringContent($$$"""{"Data":{"blob":"{{{blob}}}"},"Metadata":{"name":"\"a b é.bin\""}}"""),
        };
        request.Headers.TransferEncodingChunked = true;
        HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        string expected = $$"""{"Outputs":{},"Logs":["Copied a b é.bin, 33554432 bytes"],"ReturnValue":"{{blob}}"}""";
        Assert.True(expected == await response.Content.ReadAsStringAsync());
    }

    private async Task AssertPosted(int status, string body, string path, string envelope)
    {
        HttpResponseMessage response = await client.PostAsync(path, new StringContent(envelope, Encoding.UTF8, "application/json"));
        Assert.Equal((status, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }
}
