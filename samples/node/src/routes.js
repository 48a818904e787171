// The routes: which function answers which path, and what becomes of a request nobody can answer.

import { createServer } from "node:http";

import { BadEnvelope, readEnvelope } from "./envelope.js";
import * as functions from "./functions.js";
import { json, text } from "./http.js";

/** Longer than the host keeps an idle connection (one minute), so that it never sends into one just closed here. */
const KEEP_ALIVE_MS = 120_000;

const ROUTES = new Map([
  // Forwarded: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included.
  ["/api/hello", forwarded(["GET", "HEAD"], functions.hello)],
  ["/api/SimpleHttpTrigger", forwarded(["GET", "POST"], functions.simpleHttpTrigger)],
  ["/api/SimpleHttpTriggerWithReturn", forwarded(["GET", "POST"], functions.simpleHttpTriggerWithReturn)],

  // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"} as application/json.
  ["/HttpTriggerStringReturnValue", invoked(functions.httpTriggerStringReturnValue)],
  ["/HttpTriggerWithOutputs", invoked(functions.httpTriggerWithOutputs)],
  ["/QueueTrigger", invoked(functions.queueTrigger)],
  ["/QueueTriggerWithOutputs", invoked(functions.queueTriggerWithOutputs)],
  ["/BlobTrigger", invoked(functions.blobTrigger)],
  ["/EventHubTrigger", invoked(functions.eventHubTrigger)],
  ["/TimerTrigger", invoked(functions.timerTrigger)],
]);

/** The whole handler as a server that does not listen yet: main.js gives it the host's port, a test any port. */
export function createApp() {
  const app = createServer(async (incoming, outgoing) => {
    try {
      const { status, headers, body } = handle(await read(incoming));
      outgoing.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) }).end(body);
    } catch {
      // The caller went away in the middle of its request: there is nobody left to answer.
      outgoing.destroy();
    }
  });
  app.keepAliveTimeout = KEEP_ALIVE_MS;
  return app;
}

/** Answers one request: {method, path, search, headers, body} in, {status, headers, body} out. */
export function handle(request) {
  const route = ROUTES.get(request.path);
  // The host asks GET / until anything answers: any status means ready, even 404.
  if (route === undefined) return text(404, "Not found");
  if (!route.methods.includes(request.method)) {
    const use = route.methods.filter((method) => method !== "HEAD").join(" or ");
    return text(405, `Use ${use}`, { Allow: route.methods.join(", ") });
  }
  return route.answer(request);
}

function forwarded(methods, answer) {
  return { methods, answer };
}

function invoked(run) {
  return { methods: ["POST"], answer: (request) => answerInvocation(run, request.body) };
}

function answerInvocation(run, body) {
  try {
    const { outputs = {}, logs = [], returnValue = null } = run(readEnvelope(body));
    // The host prints each line of Logs under the category Function.<Name>.User.
    return json(JSON.stringify({ Outputs: outputs, Logs: logs, ReturnValue: returnValue }));
  } catch (error) {
    // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
    console.error(error instanceof BadEnvelope || error instanceof functions.Unprocessable ? error.message : error);
    // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.
    return text(error instanceof BadEnvelope ? 400 : 500, error.message);
  }
}

async function read(incoming) {
  const [path] = incoming.url.split("?", 1);
  const search = incoming.url.slice(path.length);
  const chunks = [];
  // The host sends the envelope chunked, without a Content-Length.
  for await (const chunk of incoming) chunks.push(chunk);
  return { method: incoming.method, path, search, headers: incoming.headers, body: Buffer.concat(chunks) };
}
