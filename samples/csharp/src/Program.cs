// The program: finds its port and serves what Routes.cs maps.

using Handler;

const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
string? named = Environment.GetEnvironmentVariable(PortVariable);
if (!ushort.TryParse(named ?? "8081", out ushort port))
{
    Console.Error.WriteLine($"{PortVariable} is `{named}`: set it to a port number from 0 to 65535, or unset it to listen on 8081");
    return 1;
}

await using WebApplication app = Routes.CreateApp(port);
try
{
    await app.StartAsync();
}
catch (Exception e)
{
    Console.Error.WriteLine(
        $"Cannot listen on 127.0.0.1:{port} ({e.GetBaseException().Message}): end the program that does, or set {PortVariable} to another port");
    return 1;
}
Console.WriteLine($"Listening on {app.Urls.Single()}{(named is null ? $" ({PortVariable} is not set)" : "")}");

// When the host stops it kills the handler: there is no signal to wait for.
await app.WaitForShutdownAsync();
return 0;
