using System.Runtime.CompilerServices;

namespace Handler;

/// <summary>The app: which function answers which path, and the functions that answer HTTP by themselves.</summary>
internal static class Routes
{
    /// <summary>The whole handler, not listening yet; port 0 lets the system choose one.</summary>
    public static WebApplication CreateApp(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        // Said here, since the image's own ASPNETCORE_URLS may name another address.
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        // An envelope with a large blob is longer than the 30 MB that Kestrel would take.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        // The names of JSON members go out as they are written here.
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = null);
        // Program.cs says why the handler cannot start, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).SetMinimumLevel(LogLevel.Warning);

        WebApplication app = builder.Build();
        app.Use(AnswerMistakes);

        // Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came,
        // /api included, and the answer back piece by piece.
        app.MapMethods("/api/hello", ["GET", "HEAD"], () => "Hello world");
        app.MapGet("/api/SimpleHttpTrigger", (string? name) => $"Hello, {(name is null or "" ? "world" : name)}!");
        app.MapPost("/api/SimpleHttpTrigger", SimpleHttpTriggerPost);
        app.MapMethods("/api/SimpleHttpTriggerWithReturn", ["GET", "POST"], SimpleHttpTriggerWithReturn);
        app.MapGet("/api/HttpTriggerWithStreaming", HttpTriggerWithStreaming);

        // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects
        // {"Outputs", "Logs", "ReturnValue"} as application/json.
        app.MapPost("/HttpTriggerStringReturnValue", Invoke(Functions.HttpTriggerStringReturnValue));
        app.MapPost("/HttpTriggerWithOutputs", Invoke(Functions.HttpTriggerWithOutputs));
        app.MapPost("/QueueTrigger", Invoke(Functions.QueueTrigger));
        app.MapPost("/QueueTriggerWithOutputs", Invoke(Functions.QueueTriggerWithOutputs));
        app.MapPost("/BlobTrigger", Invoke(Functions.BlobTrigger));
        app.MapPost("/EventHubTrigger", Invoke(Functions.EventHubTrigger));
        app.MapPost("/TimerTrigger", Invoke(Functions.TimerTrigger));

        // The host asks GET / until anything answers: any status means ready, even 404.
        return app;
    }

    /// <summary>A function in default mode as a handler of HTTP requests.</summary>
    public static RequestDelegate Invoke(Func<Envelope, InvocationResult> function) => async context =>
        // The host sends the envelope chunked, without a Content-Length.
        await context.Response.WriteAsJsonAsync(function(Envelope.Read(await ReadText(context.Request.Body))));

    private static async Task AnswerMistakes(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as
            // information.
            int status = e switch { BadEnvelopeException => 400, BadHttpRequestException bad => bad.StatusCode, _ => 500 };
            bool known = status < 500 || e is UnprocessableException;
            Console.Error.WriteLine(known ? e.Message : $"{context.Request.Method} {context.Request.Path} failed: {e}");
            // A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.
            // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in
            // all, then moves it to the poison queue.
            if (context.Response.HasStarted)
            {
                throw; // Half an answer must not look whole: Kestrel closes the connection.
            }
            string answer = status < 500 ? e.Message : "Internal Server Error";
            await TypedResults.Text(answer, statusCode: status).ExecuteAsync(context);
        }
    }

    private static async Task<IResult> SimpleHttpTriggerPost(Stream body) =>
        Envelope.TryParse<Person>(await ReadText(body)) is { Name: not "" } person
            ? TypedResults.Text($"Hello, {person.Name}!")
            : TypedResults.Text("""Expected a JSON body such as {"name":"Ada"}""", statusCode: 400);

    private static async Task<IResult> SimpleHttpTriggerWithReturn(HttpRequest request)
    {
        // code carries the function key: never echo a key.
        var query = request.Query.Where(pair => !pair.Key.Equals("code", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        string? invocationId = request.Headers["X-Azure-Functions-InvocationId"];
        return Json(new { method = request.Method, path = request.Path.Value, query, bytes = body.Length, invocationId });
    }

    private static IResult HttpTriggerWithStreaming(CancellationToken gone, string count = "3", string pauseMs = "200") =>
        Number(count, 1, 20) is { } pieces && Number(pauseMs, 0, 2000) is { } pause
            ? TypedResults.ServerSentEvents(Pieces(pieces, pause, gone))
            : Json(new { error = "expected count from 1 to 20 and pauseMs from 0 to 2000" }, 400);

    private static async IAsyncEnumerable<object> Pieces(int count, int pauseMs, [EnumeratorCancellation] CancellationToken gone)
    {
        int made = 0;
        // When the caller goes away the host closes the connection: stop, nobody reads on.
        using var stop = gone.Register(() => Console.WriteLine($"Stopped after {made} pieces"));
        while (made < count)
        {
            await Task.Delay(made == 0 ? 0 : pauseMs, gone);
            yield return new { piece = ++made };
        }
    }

    private static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, null, out int number) && number >= least && number <= most ? number : null;

    private static IResult Json(object value, int status = 200) => Results.Json(value, contentType: "application/json", statusCode: status);

    private static Task<string> ReadText(Stream body) => new StreamReader(body).ReadToEndAsync();
}

/// <summary>The body that SimpleHttpTrigger reads.</summary>
internal sealed record Person([property: JsonPropertyName("name")] string Name);
