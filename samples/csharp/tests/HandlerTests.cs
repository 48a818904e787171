using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handler.Tests;

/// <summary>What holds for every function, and the program itself.</summary>
public sealed class HandlerTests : AppTests
{
    private const string BadEnvelope = """Expected a JSON body such as {"Data":{},"Metadata":{}}""";
    private const string BadMessage = "Expected `message` to be a string, as JSON inside a JSON string";

    public HandlerTests()
    {
        // Routes of these tests alone, so that no function is missed here when you delete it.
        App.MapPost("/api/Repeat", (Stream body) => Results.Stream(body));
        App.MapPost("/api/Broken", string () => throw new InvalidOperationException("out of tea"));
        App.MapPost("/api/Begun", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("out of tea");
        });
        App.MapPost("/Broken", Routes.Invoke(_ => throw new InvalidOperationException("out of tea")));
        App.MapPost("/Invoked", Routes.Invoke(envelope => new InvocationResult(new { message = envelope.String("message") }, [])));
    }

    [Fact]
    public async Task EveryFunctionHasARouteAndEveryRouteAFunction()
    {
        await using WebApplication app = Routes.CreateApp(0);
        IEnumerable<string> routes = ((IEndpointRouteBuilder)app).DataSources
            .SelectMany(source => source.Endpoints)
            .Select(endpoint => ((RouteEndpoint)endpoint).RoutePattern.RawText!);
        IEnumerable<string> functions = Directory.GetDirectories(Folder("..")).Where(folder => File.Exists($"{folder}/function.json"));
        Assert.Equal(functions.Select(PathOf).Order(), routes.Distinct().Order());
        // What the host asks until anything answers.
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync("/")).StatusCode);
    }

    [Theory]
    [InlineData("/api/Broken")]
    [InlineData("/Broken")]
    public async Task AFunctionThatThrowsAnswers500AndTellsTheLogAlone(string path)
    {
        (string answer, string logged) = await AnswerAndLog($"{path}?code=secret", """{"Data":{},"Metadata":{}}""");
        Assert.Equal("500 Internal Server Error", answer);
        Assert.StartsWith($"POST {path} failed: System.InvalidOperationException: out of tea", logged);
        // Half an answer must not look whole.
        await Assert.ThrowsAsync<HttpRequestException>(() => Client.PostAsync("/api/Begun", null));
    }

    [Theory]
    [InlineData("", BadEnvelope)]
    [InlineData("not json", BadEnvelope)]
    [InlineData("null", BadEnvelope)]
    [InlineData("""{"Data":{}}""", BadEnvelope)]
    [InlineData("""{"Data":[],"Metadata":{}}""", BadEnvelope)]
    [InlineData("""{"Data":{},"Metadata":{}}""", BadMessage)]
    [InlineData("""{"Data":{"message":7},"Metadata":{}}""", BadMessage)]
    [InlineData("""{"Data":{"message":"hello"},"Metadata":{}}""", BadMessage)]
    public async Task AnEnvelopeThatCannotBeReadIsAnsweredWith400AndALine(string envelope, string expected)
    {
        (string answer, string logged) = await AnswerAndLog("/Invoked", envelope);
        Assert.Equal($"400 {expected}", answer);
        Assert.Equal(expected, logged.TrimEnd());
    }

    [Fact]
    public async Task ABodyThatCannotBeReadIsAnsweredWith400()
    {
        using TcpClient caller = new("127.0.0.1", new Uri(App.Urls.Single()).Port);
        await caller.GetStream().WriteAsync("POST /Invoked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"u8.ToArray());
        Assert.Equal("HTTP/1.1 400 Bad Request", await new StreamReader(caller.GetStream()).ReadLineAsync().WaitAsync(Limit));
    }

    [Fact]
    public async Task CallersThatCloseTheirConnectionsLoseNothing()
    {
        Client.DefaultRequestHeaders.ConnectionClose = true;
        for (int request = 0; request < 40; request++)
        {
            using HttpResponseMessage response = await Client.PostAsync("/api/Repeat", new StringContent($"{request}"));
            // A pool of connections drops this one only if it is told.
            Assert.True(response.Headers.ConnectionClose);
            Assert.Equal($"{request}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task APortThatCannotBeOpenedEndsTheProgramWithTheRemedy()
    {
        int taken = new Uri(App.Urls.Single()).Port;
        foreach (string port in (string[])[$"{taken}", "", "abc", "-1", "65536"])
        {
            using Process program = StartProgram(port);
            string said = await program.StandardError.ReadToEndAsync().WaitAsync(Limit);
            Assert.Matches($"^Cannot listen on port `{port}` [(].*[)]: set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081\r?\n$", said);
            Assert.Empty(await program.StandardOutput.ReadToEndAsync().WaitAsync(Limit));
            await program.WaitForExitAsync().WaitAsync(Limit);
            Assert.Equal(1, program.ExitCode);
        }
    }

    /// <summary>Where the host calls a function: at /api and its route if it is proxied, at / and its name if not.</summary>
    private static string PathOf(string folder)
    {
        string name = Path.GetFileName(folder);
        JsonElement bindings = JsonElement.Parse(File.ReadAllText($"{folder}/function.json")).GetProperty("bindings");
        bool proxied = bindings.EnumerateArray().All(binding => binding.GetProperty("type").GetString() is "httpTrigger" or "http");
        return proxied ? $"/api/{(bindings[0].TryGetProperty("route", out JsonElement route) ? route.GetString() : name)}" : $"/{name}";
    }

    private static string Folder(string relative, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, relative);

    /// <summary>Status and body of an answer, and what was written to stderr meanwhile.</summary>
    private async Task<(string Answer, string Logged)> AnswerAndLog(string path, string body)
    {
        using var stderr = new StringWriter();
        TextWriter before = Console.Error;
        Console.SetError(stderr);
        try
        {
            HttpResponseMessage response = await Client.PostAsync(path, new StringContent(body));
            return ($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}", stderr.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
