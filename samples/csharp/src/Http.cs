using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Handler;

/// <summary>A request as it arrived: the path and the query with their escapes.</summary>
internal sealed record Request(string Method, string Path, string? RawQuery, string? InvocationId, byte[] Body)
{
    /// <summary>The query in its order, decoded; a name given again is joined by a comma, as the host does it.</summary>
    public OrderedDictionary<string, string> Query()
    {
        var query = new OrderedDictionary<string, string>();
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(RawQuery))
        {
            string name = pair.DecodeName().ToString();
            string value = pair.DecodeValue().ToString();
            query[name] = query.TryGetValue(name, out string? first) ? $"{first},{value}" : value;
        }
        return query;
    }

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>What goes back over HTTP.</summary>
internal sealed record Reply(int Status, string ContentType, byte[] Body)
{
    public static Reply Text(int status, string text) =>
        new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static Reply Json(byte[] json) => new(200, "application/json", json);
}
