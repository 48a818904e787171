// The functions in default mode. Each is pure: an Envelope in, an InvocationResult out.

import { attemptOf, blobBytes, decode, isString, isStringOrNull, isStrings, jsonOutput, outputBytes, parseJson, plain } from "./envelope.js";

/** A message that can never be handled. */
export class Unprocessable extends Error {}

/** Answers over HTTP and queues what it returns. */
export function httpTriggerStringReturnValue() {
  return {
    Outputs: { res: { statusCode: 201, headers: { header1: "header1Val" }, body: "my world" } },
    ReturnValue: outputBytes("Hello,World"),
  };
}

/** Queues an order as it came and tells the caller that it did. */
export function httpTriggerWithOutputs({ Data }) {
  // Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its route.
  const { Body, Params } = plain(Data, "req");
  const order = orderIn(Body);
  // The http output is always set: without it the client would get 200 and {}.
  if (order === undefined) {
    // A caller's mistake is a successful invocation whose http output says 400.
    return { Outputs: { res: jsonOutput(400, { error: "expected a JSON body with an integer order" }) } };
  }
  return {
    Outputs: { order: outputBytes(Body), res: jsonOutput(201, { accepted: order, customer: Params?.customer ?? null }) },
    Logs: [`Accepted order ${order}`],
  };
}

/** Passes a message on from one queue to another. */
export function queueTrigger(envelope) {
  const message = decode(envelope.Data, "message", isString);
  const attempt = attemptOf(envelope);
  if (message === "unprocessable") throw new Unprocessable(`Cannot process, attempt ${attempt}`);
  return {
    Logs: [`Passed on ${Buffer.byteLength(message)} bytes, attempt ${attempt}`],
    ReturnValue: outputBytes(message),
  };
}

/** Turns one order into messages on two queues; the customer's name comes from a blob. */
export function queueTriggerWithOutputs(envelope) {
  // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.
  const order = orderIn(decode(envelope.Data, "message", isString));
  if (order === undefined) throw new Unprocessable(`Cannot process, attempt ${attemptOf(envelope)}`);

  // A blob that does not exist arrives as null.
  const customer = decode(envelope.Data, "profile", isStringOrNull) ?? "an unknown customer";
  return {
    // The elements of an array output are not decoded: plain text, one message each.
    Outputs: { output1: [`Order ${order}: pack`, `Order ${order}: bill`] },
    Logs: [`Order ${order}`],
    ReturnValue: outputBytes(`Order ${order} for ${customer}`),
  };
}

/** Copies a blob, byte for byte and under its own name. */
export function blobTrigger({ Data, Metadata }) {
  const bytes = blobBytes(Data, "blob");
  return {
    Logs: [`Copied ${decode(Metadata, "name", isString)}, ${bytes.length} bytes`],
    ReturnValue: outputBytes(bytes),
  };
}

/** Counts the events of a batch, and the orders among them. */
export function eventHubTrigger({ Data }) {
  // Data.messages is one string that holds a JSON array of strings, one for each event.
  const events = decode(Data, "messages", isStrings);
  const orders = events.filter((event) => orderIn(event) !== undefined).length;
  return {
    Outputs: { summary: outputBytes(JSON.stringify({ events: events.length, orders })) },
    Logs: [`Batch of ${events.length} events`],
  };
}

/**
 * Queues a tick that says whether it comes late.
 *
 * Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.
 */
export function timerTrigger({ Data }) {
  const pastDue = plain(Data, "timer").IsPastDue === true;
  return {
    Outputs: { tick: outputBytes(JSON.stringify({ pastDue })) },
    Logs: [`Timer ran, past due: ${pastDue}`],
  };
}

/** The `order` of a JSON text {"order": 7}, or undefined if there is none, or it is not an integer. */
function orderIn(text) {
  const order = parseJson(text)?.order;
  return Number.isSafeInteger(order) ? order : undefined;
}
