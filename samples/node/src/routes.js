// The routes, which say what function answers which path and method, and the HTTP functions.

import { createServer } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";

import { BadEnvelope, parseJson, readEnvelope } from "./envelope.js";
import * as functions from "./functions.js";

/** Longer than the host keeps an idle connection (one minute), so that it never sends into one just closed here. */
const KEEP_ALIVE_MS = 120_000;

/** Which function answers which path and method. */
export const ROUTES = {
  // Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included, and the answer back piece by piece.
  "/api/hello": { GET: (request, response) => sendText(response, 200, "Hello world") },
  "/api/SimpleHttpTrigger": { GET: simpleHttpTriggerGet, POST: simpleHttpTriggerPost },
  "/api/SimpleHttpTriggerWithReturn": { GET: simpleHttpTriggerWithReturn, POST: simpleHttpTriggerWithReturn },
  "/api/HttpTriggerWithStreaming": { GET: httpTriggerWithStreaming },

  // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"} as application/json.
  "/HttpTriggerStringReturnValue": { POST: invoke(functions.httpTriggerStringReturnValue) },
  "/HttpTriggerWithOutputs": { POST: invoke(functions.httpTriggerWithOutputs) },
  "/QueueTrigger": { POST: invoke(functions.queueTrigger) },
  "/QueueTriggerWithOutputs": { POST: invoke(functions.queueTriggerWithOutputs) },
  "/BlobTrigger": { POST: invoke(functions.blobTrigger) },
  "/EventHubTrigger": { POST: invoke(functions.eventHubTrigger) },
  "/TimerTrigger": { POST: invoke(functions.timerTrigger) },
};

/** The whole handler as a server that does not listen yet: main.js gives it the host's port, a test any port. */
export function createApp(routes = ROUTES) {
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (request, response) => {
    try {
      await answer(routes, request, response);
    } catch (error) {
      // A caller who goes away while sending has nobody to tell, and nothing failed here.
      if (request.destroyed && !request.complete) return;
      const known = error instanceof BadEnvelope || error instanceof functions.Unprocessable;
      // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
      if (known) console.error(error.message);
      else console.error(`${request.method} ${request.url.split("?")[0]} failed:`, error);
      // A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.
      // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.
      if (response.headersSent) response.destroy();
      else if (error instanceof BadEnvelope) sendText(response, 400, error.message);
      else sendText(response, 500, "Internal Server Error");
    }
  });
}

async function answer(routes, request, response) {
  const url = new URL(`http://localhost${request.url}`);
  const route = routes[url.pathname];
  // The host asks GET / until anything answers: any status means ready, even 404.
  if (route === undefined) return sendText(response, 404, "Not Found");
  const run = route[request.method === "HEAD" ? "GET" : request.method];
  if (run === undefined) {
    response.setHeader("Allow", Object.keys(route).join(", "));
    return sendText(response, 405, "Method Not Allowed");
  }
  return run(request, response, url);
}

function simpleHttpTriggerGet(request, response, { searchParams }) {
  sendText(response, 200, `Hello, ${searchParams.get("name") || "world"}!`);
}

async function simpleHttpTriggerPost(request, response) {
  const name = parseJson(await text(request))?.name;
  if (typeof name === "string" && name !== "") sendText(response, 200, `Hello, ${name}!`);
  else sendText(response, 400, 'Expected a JSON body such as {"name":"Ada"}');
}

async function simpleHttpTriggerWithReturn(request, response, { pathname, searchParams }) {
  // code carries the function key: never echo a key.
  const query = Object.fromEntries([...searchParams].filter(([name]) => name.toLowerCase() !== "code"));
  sendJson(response, 200, {
    method: request.method,
    path: pathname,
    query,
    bytes: (await buffer(request)).length,
    invocationId: request.headers["x-azure-functions-invocationid"] ?? null,
  });
}

/** Sends server-sent events, each as soon as it is there. */
async function httpTriggerWithStreaming(request, response, { searchParams }) {
  const count = number(searchParams.get("count") ?? "3");
  const pauseMs = number(searchParams.get("pauseMs") ?? "200");
  if (!(count >= 1 && count <= 20 && pauseMs >= 0 && pauseMs <= 2000)) {
    return sendJson(response, 400, { error: "expected count from 1 to 20 and pauseMs from 0 to 2000" });
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  for (let piece = 1; piece <= count; piece++) {
    if (piece > 1) await setTimeout(pauseMs, undefined, gone).catch(() => {});
    // When the caller goes away the host closes the connection: stop, nobody reads on.
    if (gone.signal.aborted) return console.log(`Stopped after ${piece - 1} pieces`);
    response.write(`data: ${JSON.stringify({ piece })}\n\n`);
  }
  response.end();
}

/** The whole number that a text is, or NaN. */
function number(digits) {
  return /^\d+$/.test(digits) ? Number(digits) : NaN;
}

/** Serves a function in default mode. */
export function invoke(run) {
  return async (request, response) => {
    // The host sends the envelope chunked, without a Content-Length.
    const envelope = readEnvelope(await text(request));
    sendJson(response, 200, await run(envelope));
  };
}

function sendText(response, status, text, type = "text/plain; charset=utf-8") {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(text) }).end(text);
}

function sendJson(response, status, value) {
  sendText(response, status, JSON.stringify(value), "application/json");
}
