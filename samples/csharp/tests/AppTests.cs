using System.Diagnostics;
using Microsoft.AspNetCore.Builder;

namespace Handler.Tests;

/// <summary>What the tests share: the app on a port of its own, and the handler as a program of its own.</summary>
public abstract class AppTests : IAsyncLifetime
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    protected WebApplication App { get; } = Routes.CreateApp(0);

    // Left to itself, it would read on for two seconds when a test goes away in the middle of an answer.
    protected HttpClient Client { get; } = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { Timeout = Limit };

    public async Task InitializeAsync()
    {
        await App.StartAsync();
        Client.BaseAddress = new Uri(App.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
    }

    protected static Process StartProgram(string port)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "handler.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["FUNCTIONS_CUSTOMHANDLER_PORT"] = port, ["ASPNETCORE_URLS"] = "http://+:80" },
        };
        return Process.Start(start)!;
    }
}
