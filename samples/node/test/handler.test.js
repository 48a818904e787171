import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { createApp } from "../src/routes.js";

const ROOT = new URL("..", import.meta.url);
const WAIT_LIMIT_MS = 20_000;

const app = createApp();

before(async () => {
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
});

after(() => app.close());

const limited = () => ({ signal: AbortSignal.timeout(WAIT_LIMIT_MS) });
const call = (path, options) => fetch(`http://127.0.0.1:${app.address().port}${path}`, { ...options, ...limited() });
const post = (path, body) => call(path, { method: "POST", body });

test("a probe and unknown paths are answered with 404", async () => {
  for (const path of ["/", "/api/hello/", "/hello", "/api/QueueTrigger", "/toString", "/__proto__"]) {
    assert.equal((await call(path)).status, 404, path);
  }
});

test("hello answers GET and HEAD and names them to others", async () => {
  const reply = await call("/api/hello");
  assert.deepEqual([reply.status, reply.headers.get("content-type"), await reply.text()], [200, "text/plain; charset=utf-8", "Hello world"]);

  const head = await call("/api/hello", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);

  const refused = await post("/api/hello", "x");
  assert.deepEqual([refused.status, refused.headers.get("allow"), await refused.text()], [405, "GET, HEAD", "Use GET"]);
});

test("every function has a route", async () => {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map((folder) => folder.name).filter((name) => readdirSync(new URL(name, ROOT)).includes("function.json"));
  assert.notEqual(names.length, 0);
  for (const name of names) {
    const statuses = [(await call(`/api/${name}`)).status, (await call(`/${name}`)).status];
    assert.equal(statuses.filter((status) => status !== 404).length, 1, name);
  }
});

test("a function in default mode is called by POST only", async () => {
  const reply = await call("/QueueTrigger");
  assert.deepEqual([reply.status, reply.headers.get("allow"), await reply.text()], [405, "POST", "Use POST"]);
});

test("an invocation is answered with all three members as JSON", async () => {
  const reply = await post("/QueueTrigger", '{"Data":{"message":"\\"hello\\""},"Metadata":{"DequeueCount":"1"}}');
  assert.deepEqual(
    [reply.status, reply.headers.get("content-type"), await reply.text()],
    [200, "application/json", '{"Outputs":{},"Logs":["Passed on 5 bytes, attempt 1"],"ReturnValue":"aGVsbG8="}'],
  );
});

test("an envelope may come in chunks and be large", async () => {
  const blob = Buffer.alloc(8 * 1024 * 1024, 7).toString("base64");
  const sent = request({ port: app.address().port, host: "127.0.0.1", path: "/BlobTrigger", method: "POST" });
  sent.write('{"Data":{"blob":"');
  for (let at = 0; at < blob.length; at += 65_537) sent.write(blob.slice(at, at + 65_537));
  sent.end('"},"Metadata":{"name":"\\"a.bin\\""}}');
  const [reply] = await once(sent, "response", limited());
  const { Logs, ReturnValue } = JSON.parse(Buffer.concat(await reply.toArray()));
  assert.deepEqual(Logs, ["Copied a.bin, 8388608 bytes"]);
  assert.ok(ReturnValue === blob);
});

test("what is no envelope is answered with 400, and the handler lives on", async () => {
  for (const body of ["", "not json", "null", "[]", "{}", '{"Data":{}}', '{"data":{},"metadata":{}}', '{"Data":[],"Metadata":{}}']) {
    const reply = await post("/TimerTrigger", body);
    assert.deepEqual([reply.status, await reply.text()], [400, 'Expected a JSON body such as {"Data":{},"Metadata":{}}'], body);
  }
  assert.equal((await call("/api/hello")).status, 200);
});

test("a message nobody can process is answered with 500", async () => {
  const reply = await post("/QueueTrigger", '{"Data":{"message":"\\"unprocessable\\""},"Metadata":{"DequeueCount":"5"}}');
  assert.deepEqual([reply.status, await reply.text()], [500, "Cannot process, attempt 5"]);
});

const start = (port) => {
  const env = { ...process.env, FUNCTIONS_CUSTOMHANDLER_PORT: port };
  return spawn(process.execPath, [fileURLToPath(new URL("src/main.js", ROOT))], { env, timeout: WAIT_LIMIT_MS });
};

test("the program says where it listens and ends with 0 on SIGTERM and SIGINT", async () => {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    const program = start("0");
    const [line] = await once(createInterface(program.stdout), "line", limited());
    const [, url] = line.match(/^Listening on (http:\/\/127\.0\.0\.1:\d+)$/);
    assert.equal(await (await fetch(`${url}/api/hello`)).text(), "Hello world");
    program.kill(signal);
    assert.deepEqual(await once(program, "exit", limited()), [0, null]);
  }
});

test("the program refuses a port that is none and names the variable", async () => {
  for (const port of ["", "abc", "-1", "70000", "80 ", "8080x"]) {
    const program = start(port);
    const [[code], message] = await Promise.all([once(program, "exit", limited()), program.stderr.toArray()]);
    assert.equal(code, 1, port);
    assert.match(Buffer.concat(message).toString(), /^FUNCTIONS_CUSTOMHANDLER_PORT is `/);
  }
});
