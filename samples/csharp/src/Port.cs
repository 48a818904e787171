using System.Globalization;

namespace Handler;

/// <summary>The port to listen on.</summary>
internal static class Port
{
    /// <summary>The port where no host names one.</summary>
    public const int Development = 8081;

    /// <summary>Reads what the environment says; false when that is no port.</summary>
    public static bool TryParse(string? named, out int port)
    {
        port = Development;
        return named is null
            || (int.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535);
    }
}
