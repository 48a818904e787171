using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
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

    [Fact]
    public async Task AFunctionThatThrowsAnswers500AndTellsTheLogAlone()
    {
        foreach (string path in (string[])["/api/Broken", "/Broken"])
        {
            (string answer, string logged) = await AnswerAndLog($"{path}?code=secret", """{"Data":{},"Metadata":{}}""");
            Assert.Equal("500 Internal Server Error", answer);
            Assert.StartsWith($"POST {path} failed: System.InvalidOperationException: out of tea", logged);
            Assert.DoesNotContain("secret", logged);
        }
        // Half an answer must not look whole: its last chunk, an empty one, is missing.
        (string half, string log) = await AnswerAndLog("/api/Begun", "");
        Assert.Equal("200 first, then ResponseEnded", half);
        Assert.StartsWith("POST /api/Begun failed: System.InvalidOperationException: out of tea", log);
    }

    [Theory]
    [InlineData("", $"{BadEnvelope}: The input does not contain any JSON tokens")]
    [InlineData("not json", $"{BadEnvelope}: 'not json' is an invalid JSON literal")]
    [InlineData("null", $"{BadEnvelope}: it is null")]
    [InlineData("""{"Data":{}}""", $"{BadEnvelope}: JSON deserialization for type 'Handler.Envelope' was missing required properties including: 'Metadata'")]
    [InlineData("""{"Data":[],"Metadata":{}}""", $"{BadEnvelope}: The JSON value could not be converted")]
    [InlineData("""{"Data":{},"Metadata":{}}""", $"{BadMessage}: The input does not contain any JSON tokens")]
    [InlineData("""{"Data":{"message":7},"Metadata":{}}""", $"{BadMessage}: The input does not contain any JSON tokens")]
    [InlineData("""{"Data":{"message":"hello"},"Metadata":{}}""", $"{BadMessage}: 'h' is an invalid start of a value")]
    public async Task AnEnvelopeThatCannotBeReadIsAnsweredWith400AndALine(string envelope, string expected)
    {
        (string answer, string logged) = await AnswerAndLog("/Invoked", envelope);
        Assert.StartsWith($"400 {expected}", answer);
        Assert.Equal(answer, $"400 {logged.TrimEnd()}");
        Assert.Single(logged.TrimEnd().Split('\n'));
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
            using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(body) };
            using HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return ($"{(int)response.StatusCode} {await TextOf(await response.Content.ReadAsStreamAsync())}", stderr.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }

    /// <summary>All that comes, and how it broke off if it did.</summary>
    private static async Task<string> TextOf(Stream body)
    {
        using MemoryStream received = new();
        string end = "";
        try
        {
            await body.CopyToAsync(received);
        }
        catch (HttpIOException e)
        {
            end = $", then {e.HttpRequestError}";
        }
        return Encoding.UTF8.GetString(received.ToArray()) + end;
    }
}
