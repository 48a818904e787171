// Requests and replies of plain HTTP.

/** The reply {status, headers, body} with a text in it. */
export function text(status, body, headers = {}) {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8", ...headers }, body };
}

/** The reply 200 with this JSON text in it. */
export function json(body) {
  return { status: 200, headers: { "Content-Type": "application/json" }, body };
}

/**
 * The query in its own order, as a Map; repeated names are joined by a comma, as the host does it.
 *
 * `+` is a blank, and an escape that is none stays as it is written.
 */
export function parseQuery(search) {
  const query = new Map();
  for (const [name, value] of new URLSearchParams(search)) {
    query.set(name, query.has(name) ? `${query.get(name)},${value}` : value);
  }
  return query;
}
