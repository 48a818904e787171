using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handler.Tests;

/// <summary>The handler over real HTTP: the functions that answer by themselves, and what holds for all.</summary>
public sealed class HandlerTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly WebApplication app = Routes.CreateApp(0);
    private readonly HttpClient client = new() { Timeout = Limit };

    public async Task InitializeAsync()
    {
        // Routes of these tests alone, so that no function is missed here when you delete it.
        app.MapPost("/api/Repeat", (Stream body) => Results.Stream(body));
        app.MapGet("/api/Broken", string () => throw new InvalidOperationException("the secret cause"));
        app.MapPost("/Broken", Routes.Invoke(_ => throw new InvalidOperationException("the secret cause")));
        app.MapPost("/Invoked", Routes.Invoke(envelope => new InvocationResult(new { message = envelope.String("message") }, [])));
        await app.StartAsync();
        client.BaseAddress = new Uri(app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task HelloGreetsTheWorld()
    {
        await AssertAnswer(200, "text/plain; charset=utf-8", "Hello world", await client.GetAsync("/api/hello"));
        await AssertAnswer(200, "text/plain; charset=utf-8", "", await client.SendAsync(new(HttpMethod.Head, "/api/hello")));
        HttpResponseMessage refused = await client.PostAsync("/api/hello", null);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET, HEAD"), (refused.StatusCode, string.Join(", ", refused.Content.Headers.Allow)));
    }

    [Fact]
    public async Task SimpleHttpTriggerGreetsByName()
    {
        foreach ((string query, string name) in new[] { ("?name=Zo%C3%AB", "Zoë"), ("?name=Ada+B", "Ada B"), ("", "world"), ("?name=", "world") })
        {
            await AssertAnswer(200, "text/plain; charset=utf-8", $"Hello, {name}!", await client.GetAsync($"/api/SimpleHttpTrigger{query}"));
        }
        await AssertAnswer(200, "text/plain; charset=utf-8", "Hello, Ada!", await client.PostAsync("/api/SimpleHttpTrigger", new StringContent("""{"name":"Ada"}""")));
        foreach (string body in (string[])["", "name=Ada", "{}", """{"name":""}""", """{"name":7}""", """{"name":null}""", "null"])
        {
            await AssertAnswer(
                400, "text/plain; charset=utf-8", """Expected a JSON body such as {"name":"Ada"}""", await client.PostAsync("/api/SimpleHttpTrigger", new StringContent(body)));
        }
    }

    [Fact]
    public async Task SimpleHttpTriggerWithReturnTellsWhatArrivedButNotTheKey()
    {
        client.DefaultRequestHeaders.Add("X-Azure-Functions-InvocationId", "42");
        await AssertAnswer(
            200,
            "application/json",
            """{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1","flag":""},"bytes":3,"invocationId":"42"}""",
            await client.PostAsync("/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret", new ByteArrayContent([0, 255, 254])));
    }

    [Fact]
    public async Task HttpTriggerWithStreamingSendsPiecesUntilTheCallerGoesAway()
    {
        await AssertAnswer(
            200, "text/event-stream", "data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n", await client.GetAsync("/api/HttpTriggerWithStreaming?count=2&pauseMs=0"));
        foreach (string query in (string[])["count=0", "count=21", "count=x", "count=", "count=1%0B", "pauseMs=-1", "pauseMs=2001", "pauseMs=1.5"])
        {
            await AssertAnswer(
                400,
                "application/json",
                """{"error":"expected count from 1 to 20 and pauseMs from 0 to 2000"}""",
                await client.GetAsync($"/api/HttpTriggerWithStreaming?{query}"));
        }

        using Process program = StartProgram("0");
        try
        {
            string listening = (await program.StandardOutput.ReadLineAsync().WaitAsync(Limit))!;
            Uri address = new($"{listening.Split(' ')[2]}/api/HttpTriggerWithStreaming?count=20&pauseMs=1000");
            using (Stream events = await client.GetStreamAsync(address))
            {
                Assert.Equal("""data: {"piece":1}""", await new StreamReader(events).ReadLineAsync());
            }
            // All twenty would take 19 s, and then there would be no such line.
            Assert.StartsWith("Stopped after ", await program.StandardOutput.ReadLineAsync().WaitAsync(Limit));
        }
        finally
        {
            program.Kill();
        }
    }

    [Theory]
    [InlineData("GET", "/api/Broken")]
    [InlineData("POST", "/Broken")]
    public async Task AFunctionThatThrowsIsLoggedAndAnswered500(string method, string path)
    {
        (string answer, string logged) = await AnswerAndLog(
            new(new HttpMethod(method), path) { Content = new StringContent("""{"Data":{},"Metadata":{}}""") });
        Assert.Equal("500 Internal Server Error", answer);
        Assert.StartsWith($"{method} {path} failed: System.InvalidOperationException: the secret cause", logged);
    }

    [Theory]
    [InlineData("", """Expected a JSON body such as {"Data":{},"Metadata":{}}""")]
    [InlineData("not json", """Expected a JSON body such as {"Data":{},"Metadata":{}}""")]
    [InlineData("null", """Expected a JSON body such as {"Data":{},"Metadata":{}}""")]
    [InlineData("""{"Data":[],"Metadata":{}}""", """Expected a JSON body such as {"Data":{},"Metadata":{}}""")]
    [InlineData("""{"Data":{}}""", """Expected a JSON body such as {"Data":{},"Metadata":{}}""")]
    [InlineData("""{"Data":{},"Metadata":{}}""", "Expected `message` to be a string, as JSON inside a JSON string")]
    [InlineData("""{"Data":{"message":["hello"]},"Metadata":{}}""", "Expected `message` to be a string, as JSON inside a JSON string")]
    [InlineData("""{"Data":{"message":"hello"},"Metadata":{}}""", "Expected `message` to be a string, as JSON inside a JSON string")]
    public async Task AnEnvelopeThatCannotBeReadIsABadRequest(string envelope, string expected)
    {
        (string answer, string logged) = await AnswerAndLog(new(HttpMethod.Post, "/Invoked") { Content = new StringContent(envelope) });
        Assert.Equal(($"400 {expected}", expected), (answer, logged.TrimEnd()));
    }

    [Fact]
    public async Task ALargeEnvelopeInChunksIsRead()
    {
        string message = new('x', 32 << 20);
        HttpRequestMessage request = new(HttpMethod.Post, "/Invoked")
        {
            Content = new StringContent($$$"""{"Data":{"message":"\"{{{message}}}\""},"Metadata":{}}"""),
            Headers = { TransferEncodingChunked = true },
        };
        HttpResponseMessage response = await client.SendAsync(request);
        Assert.True($$"""{"Outputs":{"message":"{{message}}"},"Logs":[],"ReturnValue":null}""" == await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task NoRequestOfACallerThatClosesItsConnectionsIsLost()
    {
        client.DefaultRequestHeaders.ConnectionClose = true;
        for (int request = 0; request < 40; request++)
        {
            HttpResponseMessage response = await client.PostAsync("/api/Repeat", new StringContent($"{request}"));
            Assert.Equal($"{request}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task APortThatCannotBeHadIsSaidInOneLine()
    {
        int taken = new Uri(app.Urls.Single()).Port;
        foreach (string port in (string[])["abc", "65536", $"{taken}"])
        {
            using Process program = StartProgram(port);
            Assert.Equal("", await program.StandardOutput.ReadToEndAsync().WaitAsync(Limit));
            string said = await program.StandardError.ReadToEndAsync().WaitAsync(Limit);
            Assert.Matches($"^Cannot listen on port `{port}` [(].*[)]: set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081\r?\n$", said);
            await program.WaitForExitAsync().WaitAsync(Limit);
            Assert.Equal(1, program.ExitCode);
        }
    }

    [Fact]
    public async Task EveryFolderWithAFunctionJsonHasARouteAndEveryRouteAFolder()
    {
        await using WebApplication untouched = Routes.CreateApp(0);
        IEnumerable<string> routes = ((IEndpointRouteBuilder)untouched).DataSources
            .SelectMany(source => source.Endpoints)
            .Select(endpoint => ((RouteEndpoint)endpoint).RoutePattern.RawText!);
        Assert.Equal(Directory.GetFiles(Folder(".."), "function.json", new EnumerationOptions { MaxRecursionDepth = 1, RecurseSubdirectories = true }).Select(RouteOf).Order(), routes.Distinct().Order());
    }

    /// <summary>Where the host looks for a function: at /api and its route if it is proxied, at / and its name if not.</summary>
    private static string RouteOf(string functionJson)
    {
        string name = Path.GetFileName(Path.GetDirectoryName(functionJson))!;
        JsonElement[] bindings = [.. JsonElement.Parse(File.ReadAllText(functionJson)).GetProperty("bindings").EnumerateArray()];
        bool proxied = bindings.All(binding => binding.GetProperty("type").GetString() is "httpTrigger" or "http");
        return proxied ? $"/api/{(bindings[0].TryGetProperty("route", out JsonElement route) ? route.GetString() : name)}" : $"/{name}";
    }

    private static string Folder(string relative, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, relative);

    /// <summary>The handler as a program of its own.</summary>
    private static Process StartProgram(string port)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "handler.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = port, ["ASPNETCORE_URLS"] = "http://+:80" },
        };
        return Process.Start(start)!;
    }

    /// <summary>Status and body of an answer, and what was written to stderr meanwhile.</summary>
    private async Task<(string Answer, string Logged)> AnswerAndLog(HttpRequestMessage request)
    {
        using var stderr = new StringWriter();
        TextWriter before = Console.Error;
        Console.SetError(stderr);
        try
        {
            HttpResponseMessage response = await client.SendAsync(request);
            return ($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}", stderr.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }

    private static async Task AssertAnswer(int status, string contentType, string body, HttpResponseMessage response) =>
        Assert.Equal(
            (status, contentType, body),
            ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync()));
}
