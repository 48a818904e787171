// What the tests share: an app on a port of its own, and what to ask it.

import assert from "node:assert/strict";
import { once } from "node:events";

import { createApp } from "../src/routes.js";

const WAIT_LIMIT_MS = 20_000;

/** Serves these routes, or the sample's own, until the tests of the file are done. */
export async function serve(t, routes) {
  const app = createApp(routes).listen(0, "127.0.0.1");
  await once(app, "listening");
  t.after(() => {
    app.close();
    // A client keeps its connections open for further requests: they would hold the test's process for two minutes.
    app.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${app.address().port}`;
  return {
    origin,
    ask: (path, options) => fetch(origin + path, { signal: AbortSignal.timeout(WAIT_LIMIT_MS), ...options }),
  };
}

/** Compares status and text of a reply. */
export async function expectText(reply, status, text) {
  assert.deepEqual([reply.status, await reply.text()], [status, text]);
}

/** A value as the host sends it: JSON inside a JSON string. */
export const quoted = (value) => JSON.stringify(value);

export const inBase64 = (text) => Buffer.from(text).toString("base64");
