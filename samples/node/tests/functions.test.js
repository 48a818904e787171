// One test a function.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";

import { BadEnvelope } from "../src/envelope.js";
import * as functions from "../src/functions.js";
import { expectText, inBase64, quoted, serve } from "./app.js";

test("hello answers GET and HEAD alone", async (t) => {
  const { ask } = await serve(t);
  const reply = await ask("/api/hello");
  assert.equal(reply.headers.get("content-length"), "11");
  assert.equal(reply.headers.get("content-type"), "text/plain; charset=utf-8");
  await expectText(reply, 200, "Hello world");
  await expectText(await ask("/api/hello", { method: "HEAD" }), 200, "");
  const refused = await ask("/api/hello", { method: "POST", body: "x" });
  assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET"]);
});

test("SimpleHttpTrigger greets the name in query or body", async (t) => {
  const { ask } = await serve(t);
  for (const [query, greeting] of [["?name=Zo%C3%AB+B", "Hello, Zoë B!"], ["?name=", "Hello, world!"], ["", "Hello, world!"]]) {
    await expectText(await ask(`/api/SimpleHttpTrigger${query}`), 200, greeting);
  }
  const post = (body) => ask("/api/SimpleHttpTrigger", { method: "POST", body });
  await expectText(await post('{"name":"Ada"}'), 200, "Hello, Ada!");
  for (const body of ["", "name=Ada", "null", '{"name":""}', '{"name":7}']) {
    await expectText(await post(body), 400, 'Expected a JSON body such as {"name":"Ada"}');
  }
});

test("SimpleHttpTriggerWithReturn tells what arrived but no key", async (t) => {
  const { ask } = await serve(t);
  const headers = { "X-Azure-Functions-InvocationId": "some-id" };
  const body = new Uint8Array([0, 255, 254]);
  const reply = await ask("/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret", { method: "POST", headers, body });
  assert.deepEqual(await reply.json(), {
    method: "POST",
    path: "/api/SimpleHttpTriggerWithReturn",
    query: { a: "1", flag: "" },
    bytes: 3,
    invocationId: "some-id",
  });
});

test("HttpTriggerStringReturnValue answers and queues", () => {
  assert.deepEqual(functions.httpTriggerStringReturnValue({ Data: { req: {} }, Metadata: {} }), {
    Outputs: { res: { statusCode: 201, headers: { header1: "header1Val" }, body: "my world" } },
    ReturnValue: inBase64("Hello,World"),
  });
});

test("HttpTriggerWithOutputs queues an order or says what is wrong", () => {
  const Body = ' { "order" : 7, "item":"grüner Tee" } ';
  const headers = { "content-type": "application/json" };
  const result = functions.httpTriggerWithOutputs({ Data: { req: { Body, Params: { customer: "ada" } } }, Metadata: {} });
  assert.deepEqual(result, {
    Outputs: { order: inBase64(Body), res: { statusCode: 201, headers, body: '{"accepted":7,"customer":"ada"}' } },
    Logs: ["Accepted order 7"],
  });
  for (const Body of ["", "not json", "[7]", "{}", '{"order":"7"}', '{"order":7.5}']) {
    const body = '{"error":"expected a JSON body with an integer order"}';
    const { Outputs } = functions.httpTriggerWithOutputs({ Data: { req: { Body, Params: {} } }, Metadata: {} });
    assert.deepEqual(Outputs, { res: { statusCode: 400, headers, body } }, Body);
  }
  assert.throws(() => functions.httpTriggerWithOutputs({ Data: { req: "an order" }, Metadata: {} }), BadEnvelope);
});

test("QueueTrigger passes on any text and gives up on one", () => {
  const trigger = (text, Metadata) => functions.queueTrigger({ Data: { message: quoted(text) }, Metadata });
  for (const text of ["hello", "test", '"quoted"', "null", "grüß"]) {
    assert.deepEqual(trigger(text, { DequeueCount: "2" }), {
      Logs: [`Passed on ${Buffer.byteLength(text)} bytes, attempt 2`],
      ReturnValue: inBase64(text),
    });
  }
  assert.deepEqual(trigger("by admin", {}).Logs, ["Passed on 8 bytes, attempt 0"]);
  // A message with such a property has overwritten the count.
  for (const DequeueCount of [quoted("9"), {}, "null"]) {
    assert.deepEqual(trigger("any", { DequeueCount }).Logs, ["Passed on 3 bytes, attempt 0"]);
  }
  assert.throws(() => trigger("unprocessable", { DequeueCount: "5" }), { message: "Cannot process, attempt 5" });
});

test("QueueTriggerWithOutputs looks the customer up", () => {
  const trigger = (message, profile) =>
    functions.queueTriggerWithOutputs({
      Data: { message: quoted(message), profile: quoted(profile) },
      Metadata: { DequeueCount: "5" },
    });
  for (const [profile, customer] of [["Ada", "Ada"], ["null", "null"], [null, "an unknown customer"]]) {
    assert.deepEqual(trigger('{"order":7}', profile), {
      Outputs: { output1: ["Order 7: pack", "Order 7: bill"] },
      Logs: ["Order 7"],
      ReturnValue: inBase64(`Order 7 for ${customer}`),
    });
  }
  assert.throws(() => trigger('{"order":"x"}', "Ada"), { message: "Cannot process, attempt 5" });
});

test("BlobTrigger copies bytes", () => {
  // "null" is the base64 of three bytes.
  for (const [blob, length] of [["", 0], ["aGk=", 2], ["null", 3]]) {
    const result = functions.blobTrigger({ Data: { blob }, Metadata: { name: quoted("a b é.bin") } });
    assert.deepEqual(result, { Logs: [`Copied a b é.bin, ${length} bytes`], ReturnValue: blob });
  }
  assert.throws(() => functions.blobTrigger({ Data: { blob: "a blob" }, Metadata: { name: quoted("a") } }), BadEnvelope);
});

test("EventHubTrigger counts events and orders", () => {
  const messages = quoted(['{"order":1}', "", "grüß", '{"order":"x"}', '{"order":2}']);
  assert.deepEqual(functions.eventHubTrigger({ Data: { messages }, Metadata: {} }), {
    Outputs: { summary: inBase64('{"events":5,"orders":2}') },
    Logs: ["Batch of 5 events"],
  });
  assert.throws(() => functions.eventHubTrigger({ Data: { messages: quoted(["", null]) }, Metadata: {} }), BadEnvelope);
});

test("TimerTrigger says whether it comes late", () => {
  const never = "0001-01-01T00:00:00";
  for (const ScheduleStatus of [null, { Last: never }, { Last: `${never}+00:00` }]) {
    for (const IsPastDue of [true, false]) {
      const timer = { IsPastDue, ScheduleStatus };
      assert.deepEqual(functions.timerTrigger({ Data: { timer }, Metadata: {} }), {
        Outputs: { tick: inBase64(`{"pastDue":${IsPastDue}}`) },
        Logs: [`Timer ran, past due: ${IsPastDue}`],
      });
    }
  }
  assert.throws(() => functions.timerTrigger({ Data: { timer: "late" }, Metadata: {} }), BadEnvelope);
});

test("HttpTriggerWithStreaming sends events until the caller goes away", async (t) => {
  const { ask } = await serve(t);
  const whole = await ask("/api/HttpTriggerWithStreaming?count=2&pauseMs=0");
  assert.equal(whole.headers.get("content-type"), "text/event-stream");
  assert.equal(whole.headers.get("cache-control"), "no-cache");
  await expectText(whole, 200, 'data: {"piece":1}\n\ndata: {"piece":2}\n\n');
  for (const query of ["count=0", "count=21", "count=x", "count=", "pauseMs=-1", "pauseMs=2001"]) {
    const reply = await ask(`/api/HttpTriggerWithStreaming?${query}`);
    await expectText(reply, 400, '{"error":"expected count from 1 to 20 and pauseMs from 0 to 2000"}');
  }
  // The last piece is 38 s away: the first one comes alone. Then the caller goes away, and the handler says so.
  const said = new EventEmitter();
  t.mock.method(console, "log", (line) => said.emit("line", line));
  const { body } = await ask("/api/HttpTriggerWithStreaming?count=20&pauseMs=2000");
  const reader = body.getReader();
  const { value } = await reader.read();
  assert.equal(Buffer.from(value).toString(), 'data: {"piece":1}\n\n');
  const stopped = once(said, "line", { signal: AbortSignal.timeout(20_000) });
  await reader.cancel();
  assert.deepEqual(await stopped, ["Stopped after 1 pieces"]);
});
