// The program: finds its port, serves the app of App.cs, stops when it is asked to.

using Handler;

const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
string? named = Environment.GetEnvironmentVariable(PortVariable);
if (!Port.TryParse(named, out int port))
{
    Console.Error.WriteLine($"{PortVariable} is `{named}`, not a port number");
    Console.Error.WriteLine($"hint: set it to a number up to 65535, or unset it to listen on {Port.Development}");
    return 1;
}

await using WebApplication app = App.Create(port);
try
{
    await app.StartAsync();
}
catch (IOException e)
{
    Console.Error.WriteLine($"Cannot listen on 127.0.0.1:{port}: {e.Message}");
    return 1;
}
string why = named is null ? $" ({PortVariable} is not set)" : "";
Console.WriteLine($"Listening on {app.Urls.Single()}{why}");

// docker stop and Ctrl-C send SIGTERM and SIGINT: stop listening, finish what is running and exit.
await app.WaitForShutdownAsync();
return 0;
