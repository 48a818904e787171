// The envelope: how the host wraps what a function in default mode gets, and how it unwraps what a function gives.

/**
 * @typedef {{ Data: object, Metadata: object }} Envelope What a function in default mode gets.
 *
 * @typedef {object} InvocationResult What it gives the host, each member where there is one.
 * @property {object} [Outputs] The value of each output binding; of queues and blobs it is `outputBytes`.
 * @property {string[]} [Logs] The host prints each line of Logs under the category Function.<Name>.User.
 * @property {string} [ReturnValue] The value of the output binding `$return`.
 */

/** The request is not what the host sends; the message says what was expected, and why this is not it. */
export class BadEnvelope extends Error {}

/** The envelope in the text of a request's body. */
export function readEnvelope(text) {
  return expect('a JSON body such as {"Data":{},"Metadata":{}}', text, (value) => isObject(value?.Data) && isObject(value.Metadata));
}

/**
 * The value of nearly every member of Data and Metadata, if `fits` says that it is what the function reads.
 *
 * A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
 */
export function decode(members, name, fits) {
  return expect(`\`${name}\` to be JSON inside a JSON string`, isString(members[name]) ? members[name] : "", fits);
}

function expect(expected, text, fits) {
  let why = "it is something else";
  const value = parseJson(text, ({ message }) => {
    why = message.replaceAll(/\s+/g, " "); // It quotes the text, line ends and all.
  });
  if (!fits(value)) throw new BadEnvelope(`Expected ${expected}: ${why}`);
  return value;
}

export const isString = (value) => typeof value === "string";

export const isStringOrNull = (value) => isString(value) || value === null;

export const isStrings = (value) => Array.isArray(value) && value.every(isString);

/** A member that is meant as the object it is: an HTTP request, a timer. */
export function plain(members, name) {
  if (!isObject(members[name])) throw new BadEnvelope(`Expected \`${name}\` to be an object`);
  return members[name];
}

/**
 * The bytes of a blob.
 *
 * The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
 */
export function blobBytes(members, name) {
  const bytes = Buffer.from(String(members[name]), "base64");
  // Buffer skips what is not base64, and raises no error.
  if (outputBytes(bytes) !== members[name]) throw new BadEnvelope(`Expected \`${name}\` to be base64`);
  return bytes;
}

/**
 * Which attempt at a message this is.
 *
 * DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
 */
export function attemptOf({ Metadata }) {
  // It is for the log alone: a message with a property of that name has put its own value there.
  const count = parseJson(Metadata.DequeueCount);
  return Number.isInteger(count) ? count : 0;
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
 * An http output with a JSON body.
 *
 * The body is a string: an object would arrive indented, as text/plain.
 */
export function jsonOutput(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** The value of a JSON text, or undefined if the text is not JSON. */
export function parseJson(text, tell = () => {}) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return tell(error);
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
