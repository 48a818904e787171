// The program: finds its port and serves what Routes.cs maps.

using System.Net.Sockets;
using Handler;

const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
string? named = Environment.GetEnvironmentVariable(PortVariable);
string port = named ?? "8081";
WebApplication app;
try
{
    app = Routes.CreateApp(ushort.Parse(port));
    await app.StartAsync();
}
catch (Exception e) when (e.GetBaseException() is FormatException or OverflowException or SocketException)
{
    Console.Error.WriteLine(
        $"Cannot listen on port `{port}` ({e.GetBaseException().Message}): set {PortVariable} to a free port, or unset it to listen on 8081");
    return 1;
}
Console.WriteLine($"Listening on {app.Urls.Single()}{(named is null ? $" ({PortVariable} is not set)" : "")}");

// When the host stops it kills the handler: there is no signal to wait for.
await app.WaitForShutdownAsync();
return 0;
