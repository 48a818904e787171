// The envelope: how the host wraps what a function gets, and how it unwraps what a function gives.

/** The request is not what the host sends; the message says what was expected. */
export class BadEnvelope extends Error {}

/** The envelope in a request's body: {Data, Metadata}, both objects. */
export function readEnvelope(bytes) {
  const envelope = parseJson(bytes.toString("utf8"));
  if (!isObject(envelope) || !isObject(envelope.Data) || !isObject(envelope.Metadata)) {
    throw new BadEnvelope('Expected a JSON body such as {"Data":{},"Metadata":{}}');
  }
  return envelope;
}

/**
 * The value of one member of Data or Metadata, of which `fits` says whether it is what the host sends.
 *
 * A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
 */
export function decode(section, name, expected, fits) {
  const value = isText(section[name]) ? parseJson(section[name]) : undefined;
  if (!fits(value)) throw new BadEnvelope(`Expected \`${name}\` to be ${expected}, as JSON inside a JSON string`);
  return value;
}

/** Like `decode`, where only a text will do: a queue message, a name. */
export function decodeText(section, name) {
  return decode(section, name, "a text", isText);
}

/** The member `name` of Data as the object it is: an HTTP request, a timer. */
export function objectIn(section, name) {
  if (!isObject(section[name])) throw new BadEnvelope(`Expected \`${name}\` to be an object`);
  return section[name];
}

/**
 * The bytes of a blob trigger.
 *
 * The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
 */
export function blobBytes(section, name) {
  const text = isText(section[name]) ? section[name] : "?";
  const bytes = Buffer.from(text, "base64");
  // Buffer.from skips what is not base64, so only the way back tells.
  if (bytes.toString("base64") !== text) throw new BadEnvelope(`Expected \`${name}\` to be base64`);
  return bytes;
}

/**
 * Which attempt at a message this is, from Metadata.
 *
 * DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
 */
export function attemptOf(metadata) {
  if (metadata.DequeueCount === undefined) return 0;
  return decode(metadata, "DequeueCount", "a number", (value) => Number.isSafeInteger(value) && value >= 0);
}

/**
 * What to give the host so that a queue or blob gets exactly these bytes, or this text as UTF-8.
 *
 * The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
 */
export function outputBytes(content) {
  return Buffer.from(content).toString("base64");
}

/**
 * An HTTP output with a JSON body.
 *
 * The body is a string: an object would arrive indented, as text/plain.
 */
export function httpOutput(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** The value of a JSON text, or undefined where the text is not JSON. */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is a text. */
export function isText(value) {
  return typeof value === "string";
}

/** Whether a JSON value is an object: neither null nor an array. */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
