using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Handler;

/// <summary>JSON by the rules that hold in this handler.</summary>
internal static class Json
{
    /// <summary>The largest integer that every JSON library can hold: 2^53 - 1.</summary>
    private const long LargestInteger = (1L << 53) - 1;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 1000 };

    // Names go out as they are written here (ASP.NET Core alone would make them camelCase), and so do letters beyond
    // ASCII: the default escapes them for the sake of HTML pages.
    private static readonly JsonContext Writing =
        new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The value of a JSON text; null where the text is not JSON.</summary>
    public static JsonElement? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text, Reading).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A member of an object; null where the value is no object or has no such member.</summary>
    public static JsonElement? Member(this JsonElement? value, string name) =>
        value is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out JsonElement member)
            ? member
            : null;

    /// <summary>A string; null where the value is none.</summary>
    public static string? AsText(this JsonElement? value)
    {
        try
        {
            return value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, such as "\ud800", is JSON but no text.
            return null;
        }
    }

    /// <summary>The integer that a number is, 7.0 too; null where it is none, or one past 53 bits.</summary>
    public static long? AsInteger(this JsonElement? value) =>
        value is { ValueKind: JsonValueKind.Number } number
        && number.TryGetDouble(out double integer)
        && double.IsInteger(integer)
        && Math.Abs(integer) <= LargestInteger
            ? (long)integer
            : null;

    /// <summary>Compact JSON in UTF-8.</summary>
    public static byte[] Write(Result result) => JsonSerializer.SerializeToUtf8Bytes(result, Writing.Result);

    /// <inheritdoc cref="Write(Result)"/>
    public static byte[] Write(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value, Writing.JsonObject);
}

[JsonSerializable(typeof(Result))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class JsonContext : JsonSerializerContext;
