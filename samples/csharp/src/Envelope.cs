namespace Handler;

/// <summary>What the host sends in default mode.</summary>
internal sealed record Envelope(Dictionary<string, JsonElement> Data, Dictionary<string, JsonElement> Metadata)
{
    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Reads what the host posted.</summary>
    /// <exception cref="BadEnvelopeException">It cannot be read.</exception>
    public static Envelope Read(string body) =>
        Parse<Envelope>(body, out string why) ?? throw new BadEnvelopeException("""a JSON body such as {"Data":{},"Metadata":{}}""", why);

    /// <summary>The value of a JSON text; null if the text is not JSON, or its value not of this type.</summary>
    public static T? TryParse<T>(string json) => Parse<T>(json, out _);

    /// <summary>An object in Data: an HTTP request, a timer.</summary>
    public T Object<T>(string name) =>
        Parse<T>(Data.GetValueOrDefault(name) is { ValueKind: JsonValueKind.Object } value ? value.GetRawText() : "", out string why)
        ?? throw new BadEnvelopeException($"`{name}` to be an object, with all that the function reads", why);

    /// <summary>A string in Data: a queue message.</summary>
    public string String(string name) => Decode<string>(Data, name, "a string");

    /// <summary>A string in Data, or null: a blob that may be missing.</summary>
    // A blob that does not exist arrives as null.
    public string? StringOrNull(string name) => Data.GetValueOrDefault(name).ToString() == "null" ? null : String(name);

    /// <summary>An array of strings in Data: a batch of events.</summary>
    public string[] Strings(string name) =>
        [.. Decode<string?[]>(Data, name, "an array of strings")
            .Select(text => text ?? throw new BadEnvelopeException($"`{name}` to be an array of strings", "one is null"))];

    /// <summary>The bytes of a blob trigger.</summary>
    // The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
    public byte[] BlobBytes(string name) =>
        Data.GetValueOrDefault(name) is { ValueKind: JsonValueKind.String } blob && blob.TryGetBytesFromBase64(out byte[]? bytes)
            ? bytes : throw new BadEnvelopeException($"`{name}` to be base64", "it is not");

    /// <summary>A string in Metadata.</summary>
    public string MetadataString(string name) => Decode<string>(Metadata, name, "a string");

    /// <summary>Which attempt at a message this is.</summary>
    // DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
    // It is for the log alone: a message with a property of that name has put its own value there.
    public int Attempt() => TryParse<int>(Metadata.GetValueOrDefault("DequeueCount").ToString());

    // A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
    private static T Decode<T>(Dictionary<string, JsonElement> section, string name, string expected) =>
        Parse<T>(section.GetValueOrDefault(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "", out string why)
        ?? throw new BadEnvelopeException($"`{name}` to be {expected}, as JSON inside a JSON string", why);

    private static T? Parse<T>(string json, out string why)
    {
        why = "it is null";
        try
        {
            return JsonSerializer.Deserialize<T>(json, Strict);
        }
        catch (JsonException e)
        {
            why = e.Message;
            return default;
        }
    }
}

/// <summary>An HTTP request in Data.</summary>
internal sealed record HttpTriggerData(Dictionary<string, string?> Params, string Body = "");

/// <summary>A timer in Data.</summary>
internal sealed record TimerTriggerData(bool IsPastDue);

/// <summary>The envelope is not what the host sends; the message says what was expected, and why this is not it.</summary>
internal sealed class BadEnvelopeException(string expected, string why) : Exception($"Expected {expected}: {why}");

/// <summary>What the host expects back in default mode.</summary>
// The host prints each line of Logs under the category Function.<Name>.User.
internal sealed record InvocationResult(object Outputs, string[] Logs, string? ReturnValue = null)
{
    /// <summary>The value of a queue or blob output: exactly these bytes.</summary>
    // The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact
    // bytes.
    public static string OutputBytes(byte[] bytes) => Convert.ToBase64String(bytes);

    /// <summary>The value of a queue or blob output: exactly this text.</summary>
    public static string OutputBytes(string text) => OutputBytes(Encoding.UTF8.GetBytes(text));

    /// <summary>The value of an http output with a JSON body.</summary>
    // The body is a string: an object would arrive indented, as text/plain.
    public static object JsonOutput(int statusCode, object body) =>
        new { statusCode, headers = new Dictionary<string, string> { ["content-type"] = "application/json" }, body = JsonSerializer.Serialize(body) };
}
