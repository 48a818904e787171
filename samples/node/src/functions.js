// The ten functions. Each is pure: a request or an envelope in, an answer out, no server needed.

import {
  BadEnvelope,
  attemptOf,
  blobBytes,
  decode,
  decodeText,
  httpOutput,
  isText,
  objectIn,
  outputBytes,
  parseJson,
} from "./envelope.js";
import { json, parseQuery, text } from "./http.js";

/** A message that no attempt will get done. */
export class Unprocessable extends Error {}

// Forwarded: {method, path, search, headers, body} in, {status, headers, body} out.

export function hello() {
  return text(200, "Hello world");
}

/** Greets the name in the query of a GET or in the JSON body of a POST. */
export function simpleHttpTrigger(request) {
  if (request.method === "GET") return text(200, `Hello, ${parseQuery(request.search).get("name") || "world"}!`);

  const name = parseJson(request.body.toString("utf8"))?.name;
  if (!isText(name) || name === "") return text(400, 'Expected a JSON body such as {"name":"Ada"}');
  return text(200, `Hello, ${name}!`);
}

/** Tells the caller what arrived. */
export function simpleHttpTriggerWithReturn({ method, path, search, headers, body }) {
  // code carries the function key: never echo a key.
  const query = [...parseQuery(search)].filter(([name]) => name.toLowerCase() !== "code");
  // The query is put together by hand: a JavaScript object would move names such as `1` to its front.
  const queryText = query.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",");
  const invocationId = headers["x-azure-functions-invocationid"] ?? null;
  return json(
    `{"method":${JSON.stringify(method)},"path":${JSON.stringify(path)},"query":{${queryText}},` +
      `"bytes":${body.length},"invocationId":${JSON.stringify(invocationId)}}`,
  );
}

// Default mode: {Data, Metadata} in, {outputs, logs, returnValue} out.

/** Answers over HTTP and queues what it returns. */
export function httpTriggerStringReturnValue() {
  return {
    outputs: { res: { statusCode: 201, headers: { header1: "header1Val" }, body: "my world" } },
    returnValue: outputBytes("Hello,World"),
  };
}

/** Queues an order as it came and tells the caller that it did. */
export function httpTriggerWithOutputs({ Data }) {
  // Inside Data.req strings are plain: Body is the request's text as it came.
  const { Body } = objectIn(Data, "req");
  const order = isText(Body) ? orderIn(Body) : undefined;
  // The http output is always set: without it the client would get 200 and {}.
  if (order === undefined) {
    // A caller's mistake is a successful invocation whose http output says 400.
    return { outputs: { res: httpOutput(400, { error: "expected a JSON body with an integer order" }) } };
  }
  return {
    outputs: { order: outputBytes(Body), res: httpOutput(201, { accepted: order }) },
    logs: [`Accepted order ${order}`],
  };
}

/** Passes a message on from one queue to another. */
export function queueTrigger({ Data, Metadata }) {
  const message = decodeText(Data, "message");
  const attempt = attemptOf(Metadata);
  if (message === "unprocessable") throw new Unprocessable(`Cannot process, attempt ${attempt}`);
  return {
    logs: [`Passed on ${Buffer.byteLength(message)} bytes, attempt ${attempt}`],
    returnValue: outputBytes(message),
  };
}

/** Turns one order into messages on two queues; the customer's name comes from a blob. */
export function queueTriggerWithOutputs({ Data, Metadata }) {
  // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id.
  const order = orderIn(decodeText(Data, "message"));
  const attempt = attemptOf(Metadata);
  if (order === undefined) throw new Unprocessable(`Cannot process, attempt ${attempt}`);

  // A blob that does not exist arrives as null.
  const profile = decode(Data, "profile", "a text or null", (value) => value === null || isText(value));
  const customer = profile ?? "an unknown customer";
  return {
    // The elements of an array output are not decoded: plain text, one message each.
    outputs: { output1: [`Order ${order}: pack`, `Order ${order}: bill`] },
    logs: [`Order ${order}`],
    returnValue: outputBytes(`Order ${order} for ${customer}`),
  };
}

/** Copies a blob, byte for byte and under its own name. */
export function blobTrigger({ Data, Metadata }) {
  const bytes = blobBytes(Data, "blob");
  return {
    logs: [`Copied ${decodeText(Metadata, "name")}, ${bytes.length} bytes`],
    returnValue: outputBytes(bytes),
  };
}

/** Counts the events of a batch, and the orders among them. */
export function eventHubTrigger({ Data }) {
  // Data.messages is one string that holds a JSON array of strings, one for each event.
  const events = decode(Data, "messages", "an array of strings", (value) => Array.isArray(value) && value.every(isText));
  const orders = events.filter((event) => orderIn(event) !== undefined).length;
  return {
    outputs: { summary: outputBytes(JSON.stringify({ events: events.length, orders })) },
    logs: [`Batch of ${events.length} events`],
  };
}

/**
 * Queues a tick that says whether it comes late.
 *
 * Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00 without an offset.
 */
export function timerTrigger({ Data }) {
  const { IsPastDue: pastDue } = objectIn(Data, "timer");
  if (typeof pastDue !== "boolean") throw new BadEnvelope("Expected `timer` to have a boolean IsPastDue");
  return {
    outputs: { tick: outputBytes(JSON.stringify({ pastDue })) },
    logs: [`Timer ran, past due: ${pastDue}`],
  };
}

/** The `order` of a JSON text {"order": 7}, or undefined where there is none, or no integer, or one past 53 bits. */
function orderIn(jsonText) {
  const order = parseJson(jsonText)?.order;
  return Number.isSafeInteger(order) ? order : undefined;
}
