using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Handler;

/// <summary>The app: which function answers which path, and what becomes of a request nobody can answer.</summary>
internal static class App
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    /// <summary>The whole handler, not listening yet; port 0 lets the system choose one.</summary>
    public static WebApplication Create(int port)
    {
        // The image's own variables may name another folder and another address (ASPNETCORE_CONTENTROOT and
        // ASPNETCORE_URLS): what is said here counts.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            // An envelope with a large blob is longer than the 30 MB that Kestrel would take.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopLimit);
        builder.Logging.SetMinimumLevel(LogLevel.Error);

        WebApplication app = builder.Build();
        app.UseStatusCodePages(context => Explain(context.HttpContext.Response));
        app.Use(TakeThePathExactly);
        Map(app);
        return app;
    }

    private static void Map(WebApplication app)
    {
        // Forwarded: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came,
        // /api included.
        app.MapMethods("/api/hello", ["GET", "HEAD"], Forwarded(Functions.Hello));
        app.MapMethods("/api/SimpleHttpTrigger", ["GET", "POST"], Forwarded(Functions.SimpleHttpTrigger));
        app.MapMethods(
            "/api/SimpleHttpTriggerWithReturn", ["GET", "POST"], Forwarded(Functions.SimpleHttpTriggerWithReturn));

        // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects
        // {"Outputs", "Logs", "ReturnValue"} as application/json.
        app.MapPost("/HttpTriggerStringReturnValue", Invoked(Functions.HttpTriggerStringReturnValue));
        app.MapPost("/HttpTriggerWithOutputs", Invoked(Functions.HttpTriggerWithOutputs));
        app.MapPost("/QueueTrigger", Invoked(Functions.QueueTrigger));
        app.MapPost("/QueueTriggerWithOutputs", Invoked(Functions.QueueTriggerWithOutputs));
        app.MapPost("/BlobTrigger", Invoked(Functions.BlobTrigger));
        app.MapPost("/EventHubTrigger", Invoked(Functions.EventHubTrigger));
        app.MapPost("/TimerTrigger", Invoked(Functions.TimerTrigger));
    }

    /// <summary>Undoes what routing found by ignoring letter case or a slash at the end.</summary>
    private static Task TakeThePathExactly(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is RouteEndpoint found && found.RoutePattern.RawText != context.Request.Path.Value)
        {
            context.SetEndpoint(null);
        }
        return next(context);
    }

    private static RequestDelegate Forwarded(Func<Request, Reply> function) =>
        async context => await Write(context.Response, function(await Read(context)));

    private static RequestDelegate Invoked(Func<Invocation, Result> function) =>
        async context => await Write(context.Response, Invoke(function, (await Read(context)).Body));

    private static Reply Invoke(Func<Invocation, Result> function, byte[] body)
    {
        try
        {
            return Reply.Json(Json.Write(function(Invocation.Read(body))));
        }
        catch (Exception e)
        {
            // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as
            // information.
            Console.Error.WriteLine(e is MalformedException or UnprocessableException ? e.Message : e);
            // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in
            // all, then moves it to the poison queue.
            return Reply.Text(e is MalformedException ? 400 : 500, e.Message);
        }
    }

    private static async Task<Request> Read(HttpContext context)
    {
        using var body = new MemoryStream();
        // The host sends the envelope chunked, without a Content-Length.
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        // Request.Path is decoded already; only the raw target has the path as it came.
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return new Request(
            context.Request.Method,
            target.Split('?')[0],
            context.Request.QueryString.Value,
            context.Request.Headers["X-Azure-Functions-InvocationId"].FirstOrDefault(),
            body.ToArray());
    }

    private static async Task Write(HttpResponse response, Reply reply)
    {
        response.StatusCode = reply.Status;
        response.ContentType = reply.ContentType;
        response.ContentLength = reply.Body.Length;
        await response.Body.WriteAsync(reply.Body);
    }

    /// <summary>Gives a body to what routing refused: no such path, or no such method on it.</summary>
    private static Task Explain(HttpResponse response)
    {
        if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            IEnumerable<string> use = response.Headers.Allow.ToString().Split(", ").Where(method => method != "HEAD");
            return Write(response, Reply.Text(405, "Use " + string.Join(" or ", use)));
        }
        // The host asks GET / until anything answers: any status means ready, even 404.
        return Write(response, Reply.Text(response.StatusCode, "Not found"));
    }
}
