// What holds for every function, and the program itself.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { decode, isString } from "../src/envelope.js";
import { invoke, ROUTES } from "../src/routes.js";
import { expectText, serve } from "./app.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("every function has a route and every route a function", async (t) => {
  const names = readdirSync(ROOT).filter((name) => existsSync(`${ROOT}/${name}/function.json`));
  assert.deepEqual(Object.keys(ROUTES).sort(), names.map(pathOf).sort());
  // What the host asks until anything answers.
  const { ask } = await serve(t);
  await expectText(await ask("/"), 404, "Not Found");
});

/** Where the host calls a function: at /api and its route if it is proxied, at / and its name if not. */
function pathOf(name) {
  const { bindings } = JSON.parse(readFileSync(`${ROOT}/${name}/function.json`, "utf8"));
  const proxied = bindings.every(({ type }) => type === "httpTrigger" || type === "http");
  return proxied ? `/api/${bindings[0].route ?? name}` : `/${name}`;
}

test("a function that throws answers 500 and tells the log alone", async (t) => {
  const fail = () => {
    throw new Error("out of tea");
  };
  const begin = async (incoming, response) => {
    await new Promise((sent) => response.write("first", sent));
    fail();
  };
  const { ask } = await serve(t, {
    "/invoked": { POST: invoke(fail) },
    "/api/proxied": { POST: fail },
    "/api/begun": { GET: begin },
  });
  const log = t.mock.method(console, "error", () => {});
  const lines = () => log.mock.calls.map((call) => call.arguments.map(String).join(" "));
  for (const path of ["/invoked", "/api/proxied"]) {
    log.mock.resetCalls();
    await expectText(await ask(`${path}?code=secret`, { method: "POST", body: '{"Data":{},"Metadata":{}}' }), 500, "Internal Server Error");
    assert.deepEqual(lines(), [`POST ${path} failed: Error: out of tea`]);
  }
  // Half an answer must not look whole: the connection is closed before its last chunk.
  log.mock.resetCalls();
  const half = await ask("/api/begun");
  const reader = half.body.getReader();
  const { value } = await reader.read();
  assert.deepEqual([half.status, Buffer.from(value).toString()], [200, "first"]);
  await assert.rejects(reader.read(), ({ cause }) => cause.code === "UND_ERR_SOCKET");
  assert.deepEqual(lines(), ["GET /api/begun failed: Error: out of tea"]);
});

test("an envelope that cannot be read is answered with 400 and a line", async (t) => {
  const { ask } = await serve(t, { "/": { POST: invoke(({ Data }) => decode(Data, "message", isString)) } });
  const log = t.mock.method(console, "error", () => {});
  const whole = 'Expected a JSON body such as {"Data":{},"Metadata":{}}: ';
  const inside = "Expected `message` to be JSON inside a JSON string: ";
  for (const [body, line] of [
    ["", `${whole}Unexpected end of JSON input`],
    ["not\njson", `${whole}Unexpected token 'o', "not json" is not valid JSON`],
    ["null", `${whole}it is something else`],
    ['{"Data":{}}', `${whole}it is something else`],
    ['{"Data":[],"Metadata":{}}', `${whole}it is something else`],
    ['{"Data":{},"Metadata":{}}', `${inside}Unexpected end of JSON input`],
    ['{"Data":{"message":7},"Metadata":{}}', `${inside}Unexpected end of JSON input`],
    ['{"Data":{"message":"null"},"Metadata":{}}', `${inside}it is something else`],
    ['{"Data":{"message":"hello"},"Metadata":{}}', `${inside}Unexpected token 'h', "hello" is not valid JSON`],
  ]) {
    log.mock.resetCalls();
    await expectText(await ask("/", { method: "POST", body }), 400, line);
    assert.deepEqual(log.mock.calls.map((call) => call.arguments), [[line]], body);
  }
});

test("callers that close their connections lose nothing", async (t) => {
  const { origin } = await serve(t, { "/": { POST: (incoming, response) => response.end("here") } });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  for (let number = 0; number < 40; number++) {
    const reply = await new Promise((resolve, reject) => {
      const call = request(origin, { agent, method: "POST", headers: { Connection: "close" } }, resolve);
      call.on("error", reject).end("x");
    });
    // A pool of connections drops this one only if it is told.
    assert.equal(reply.headers.connection, "close");
    assert.equal(await text(reply), "here");
  }
});

test("a port that cannot be opened ends the program with the remedy", async (t) => {
  const { origin } = await serve(t);
  for (const port of [new URL(origin).port, "", "abc", "-1", "65536"]) {
    const env = { ...process.env, FUNCTIONS_CUSTOMHANDLER_PORT: port };
    const program = spawnSync(process.execPath, ["src/main.js"], { cwd: ROOT, env, encoding: "utf8", timeout: 20_000 });
    assert.equal(program.status, 1, port);
    assert.ok(program.stderr.startsWith(`Cannot listen on port \`${port}\` (`), program.stderr);
    assert.match(program.stderr, /set FUNCTIONS_CUSTOMHANDLER_PORT to a free port/);
    assert.equal(program.stderr.trimEnd().split("\n").length, 1, program.stderr);
  }
});
