using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Handler;

/// <summary>What the host sends in default mode.</summary>
internal sealed record Invocation(JsonElement? Data, JsonElement? Metadata)
{
    /// <summary>Reads what the host posted.</summary>
    /// <exception cref="MalformedException">It is no envelope.</exception>
    public static Invocation Read(byte[] body)
    {
        JsonElement? envelope = Json.TryParse(Encoding.UTF8.GetString(body));
        var invocation = new Invocation(envelope.Member("Data"), envelope.Member("Metadata"));
        return IsObject(invocation.Data) && IsObject(invocation.Metadata)
            ? invocation
            : throw new MalformedException("""Expected a JSON body such as {"Data":{},"Metadata":{}}""");
    }

    /// <summary>An object in Data: an HTTP request, a timer.</summary>
    public JsonElement? Object(string name) =>
        IsObject(Data.Member(name)) ? Data.Member(name) : throw Malformed(name, "to be an object");

    /// <summary>A text in Data.</summary>
    public string Text(string name) => DecodeText(Data, name);

    /// <summary>A text in Data that may be missing.</summary>
    public string? TextOrNull(string name)
    {
        JsonElement? value = Decode(Data, name);
        return value is { ValueKind: JsonValueKind.Null }
            ? null
            : value.AsText() ?? throw Undecodable(name, "a text or null");
    }

    /// <summary>A text in Metadata.</summary>
    public string MetadataText(string name) => DecodeText(Metadata, name);

    /// <summary>The texts of an array in Data.</summary>
    public string[] Texts(string name)
    {
        MalformedException malformed = Undecodable(name, "an array of strings");
        return Decode(Data, name) is { ValueKind: JsonValueKind.Array } array
            ? [.. array.EnumerateArray().Select(element => ((JsonElement?)element).AsText() ?? throw malformed)]
            : throw malformed;
    }

    /// <summary>The bytes of a blob trigger.</summary>
    // The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
    public byte[] Bytes(string name) =>
        Data.Member(name) is { ValueKind: JsonValueKind.String } base64 && base64.TryGetBytesFromBase64(out byte[]? bytes)
            ? bytes
            : throw Malformed(name, "to be base64");

    /// <summary>Which attempt at a message this is.</summary>
    // DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
    public long Attempt()
    {
        if (Metadata.Member("DequeueCount") is null)
        {
            return 0;
        }
        return Decode(Metadata, "DequeueCount").AsInteger() is { } attempt and >= 0
            ? attempt
            : throw Undecodable("DequeueCount", "a number");
    }

    private static bool IsObject(JsonElement? value) => value is { ValueKind: JsonValueKind.Object };

    // A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
    private static JsonElement? Decode(JsonElement? section, string name) =>
        section.Member(name).AsText() is { } text ? Json.TryParse(text) : null;

    /// <summary>Like Decode, where only a text will do: a queue message, a name.</summary>
    private static string DecodeText(JsonElement? section, string name) =>
        Decode(section, name).AsText() ?? throw Undecodable(name, "a text");

    private static MalformedException Undecodable(string name, string expected) =>
        Malformed(name, $"to be {expected}, as JSON inside a JSON string");

    private static MalformedException Malformed(string name, string expected) => new($"Expected `{name}` {expected}");
}

/// <summary>What the host expects back.</summary>
// The host prints each line of Logs under the category Function.<Name>.User.
internal sealed record Result(JsonObject Outputs, string[] Logs, string? ReturnValue);

/// <summary>Values of output bindings.</summary>
internal static class Output
{
    /// <summary>What to give the host so that a queue or blob gets exactly these bytes.</summary>
    // The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact
    // bytes.
    public static string Bytes(byte[] bytes) => Convert.ToBase64String(bytes);

    /// <summary>What to give the host so that a queue or blob gets exactly this text.</summary>
    public static string Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>An http output with a JSON body.</summary>
    // The body is a string: an object would arrive indented, as text/plain.
    public static JsonObject Http(int status, JsonObject body) => new()
    {
        ["statusCode"] = status,
        ["headers"] = new JsonObject { ["content-type"] = "application/json" },
        ["body"] = Encoding.UTF8.GetString(Json.Write(body)),
    };
}

/// <summary>The request is not what the host sends; the message says what was expected.</summary>
internal sealed class MalformedException(string message) : Exception(message);
