import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { BadEnvelope } from "../src/envelope.js";
import * as functions from "../src/functions.js";

const base64 = (content) => Buffer.from(content).toString("base64");

/** A value as the host puts it into Data and Metadata. */
const encoded = (value) => JSON.stringify(value);

const envelope = (Data, Metadata = {}) => ({ Data, Metadata });

const request = ({ method = "GET", search = "", body = "", headers = {} } = {}) => ({
  method,
  path: "/api/Any",
  search,
  headers,
  body: Buffer.from(body),
});

const greeting = (given) => functions.simpleHttpTrigger(request(given));

test("hello greets the world as plain text", () => {
  assert.deepEqual(functions.hello(), {
    status: 200,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
    body: "Hello world",
  });
});

test("SimpleHttpTrigger greets the name in the query", () => {
  const replies = {
    "?name=Ada": "Hello, Ada!",
    "?name=Zo%C3%AB": "Hello, Zoë!",
    "?name=Ada+B": "Hello, Ada B!",
    "?name=A,B": "Hello, A,B!",
    "?name=A&name=B": "Hello, A,B!",
    "": "Hello, world!",
    "?name=": "Hello, world!",
    "?Name=Ada": "Hello, world!",
    "?name=100%": "Hello, 100%!",
    "?name=%41%zz%4": "Hello, A%zz%4!",
    "?name=%ff": "Hello, \uFFFD!",
    "?&=&name=Ada&=x": "Hello, Ada!",
  };
  for (const [search, body] of Object.entries(replies)) {
    assert.deepEqual([greeting({ search }).status, greeting({ search }).body], [200, body], search);
  }
});

test("SimpleHttpTrigger greets the name in a JSON body", () => {
  assert.equal(greeting({ method: "POST", body: '{"name":"Ada"}' }).body, "Hello, Ada!");
  assert.equal(greeting({ method: "POST", body: ' { "x": 1, "name" : "Zoë 🦊" } ' }).body, "Hello, Zoë 🦊!");
  assert.equal(greeting({ method: "POST", body: '{"name":"Ada","name":"Bob"}' }).body, "Hello, Bob!");
});

test("SimpleHttpTrigger tells a caller without a name what it expects", () => {
  const bodies = ["", "not json", "{", "null", "7", '"Ada"', "[]", "{}", '{"name":""}', '{"name":7}', '{"name":null}', '{"Name":"Ada"}'];
  for (const body of bodies) {
    const reply = greeting({ method: "POST", body });
    assert.deepEqual([reply.status, reply.body], [400, 'Expected a JSON body such as {"name":"Ada"}'], body);
  }
});

test("SimpleHttpTriggerWithReturn tells what arrived", () => {
  const reply = functions.simpleHttpTriggerWithReturn({
    ...request({
      method: "POST",
      search: "?a=1,2&flag=",
      body: [0x9e, 0xe9, 0x65],
      headers: { "x-azure-functions-invocationid": "7a0e4b1c-0000-4000-8000-000000000001" },
    }),
    path: "/api/SimpleHttpTriggerWithReturn",
  });
  assert.deepEqual(reply, {
    status: 200,
    headers: { "Content-Type": "application/json" },
    body:
      '{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1,2","flag":""},' +
      '"bytes":3,"invocationId":"7a0e4b1c-0000-4000-8000-000000000001"}',
  });
});

test("SimpleHttpTriggerWithReturn keeps the query's order and leaves the key out", () => {
  const reply = functions.simpleHttpTriggerWithReturn(request({ search: "?b=1&1=2&code=K&CODE=K&__proto__=p&q=%22%zz" }));
  assert.match(reply.body, /"query":{"b":"1","1":"2","__proto__":"p","q":"\\"%zz"},"bytes":0,"invocationId":null}$/);
});

test("HttpTriggerStringReturnValue answers and queues what it returns", () => {
  assert.deepEqual(functions.httpTriggerStringReturnValue(envelope({ req: {} })), {
    outputs: { res: { statusCode: 201, headers: { header1: "header1Val" }, body: "my world" } },
    returnValue: base64("Hello,World"),
  });
});

test("HttpTriggerWithOutputs queues the order's text unchanged", () => {
  const bodies = {
    '{"order":7,"item":"tea"}': 7,
    ' {\r\n "order" : 7 , "price": 1.50, "e": [1e3, "7.0"] }\n': 7,
    '{"order":-9007199254740991}': -9007199254740991,
    '{"order":0}': 0,
    '{"order":-0}': 0,
    '{"order":7.0}': 7,
    '{"order":7e0}': 7,
    '{"order":"x","order":8}': 8,
    '{"order":9,"note":"a \\"quoted\\" 1.5 \\\\"}': 9,
    '{"order":1,"item":"grüß 🦊"}': 1,
  };
  for (const [Body, order] of Object.entries(bodies)) {
    assert.deepEqual(
      functions.httpTriggerWithOutputs(envelope({ req: { Body } })),
      {
        outputs: {
          order: base64(Body),
          res: { statusCode: 201, headers: { "content-type": "application/json" }, body: `{"accepted":${order}}` },
        },
        logs: [`Accepted order ${order}`],
      },
      Body,
    );
  }
});

test("HttpTriggerWithOutputs tells the caller what is wrong and queues nothing", () => {
  const orders = ['"7"', "7.5", "75e-1", "1e400", "true", "null", "[7]", "{}", "9007199254740992", "-9007199254740992", "1".repeat(400)];
  const bodies = [undefined, "", "not json", "7", "null", "[]", "{}", '{"Order":7}', "07", ...orders.map((order) => `{"order":${order}}`)];
  for (const Body of bodies) {
    const answer = functions.httpTriggerWithOutputs(envelope({ req: { Body } }));
    assert.deepEqual(
      answer.outputs,
      {
        res: {
          statusCode: 400,
          headers: { "content-type": "application/json" },
          body: '{"error":"expected a JSON body with an integer order"}',
        },
      },
      Body,
    );
  }
});

test("QueueTrigger passes any text on as the same bytes", () => {
  const texts = ["hello", "test", "[1,2]", '{"a":1}', '{ "b" : 2, "a": 1.50 }', "42", '"quoted"', "true", "null", ""];
  for (const text of [...texts, "2020-01-01T00:00:00Z", "grüß", "🦊\u0000\u2028", "x".repeat(48 * 1024)]) {
    assert.deepEqual(
      functions.queueTrigger(envelope({ message: encoded(text) }, { DequeueCount: "1" })),
      { logs: [`Passed on ${Buffer.byteLength(text)} bytes, attempt 1`], returnValue: base64(text) },
      text,
    );
  }
});

test("QueueTrigger counts attempts, from the admin route as 0", () => {
  const logs = (metadata) => functions.queueTrigger(envelope({ message: encoded("by admin") }, metadata)).logs;
  assert.deepEqual(logs({ DequeueCount: "3" }), ["Passed on 8 bytes, attempt 3"]);
  assert.deepEqual(logs({ DequeueCount: "0" }), ["Passed on 8 bytes, attempt 0"]);
  assert.deepEqual(logs({}), ["Passed on 8 bytes, attempt 0"]);
});

test("QueueTrigger gives up on a message it cannot process", () => {
  const run = () => functions.queueTrigger(envelope({ message: encoded("unprocessable") }, { DequeueCount: "2" }));
  assert.throws(run, new functions.Unprocessable("Cannot process, attempt 2"));
});

const withOutputs = (message, profile) =>
  functions.queueTriggerWithOutputs(envelope({ message: encoded(message), profile: encoded(profile) }, { DequeueCount: "1" }));

test("QueueTriggerWithOutputs writes to both queues", () => {
  assert.deepEqual(withOutputs('{"order":7,"customer":"ada.txt"}', "Ada"), {
    outputs: { output1: ["Order 7: pack", "Order 7: bill"] },
    logs: ["Order 7"],
    returnValue: base64("Order 7 for Ada"),
  });
});

test("QueueTriggerWithOutputs takes a missing blob for an unknown customer, a blob with the text null for a name", () => {
  const message = '{"order":8,"customer":"nobody.txt"}';
  assert.equal(withOutputs(message, null).returnValue, base64("Order 8 for an unknown customer"));
  assert.equal(withOutputs(message, "null").returnValue, base64("Order 8 for null"));
});

test("QueueTriggerWithOutputs gives up on a message without an integer order", () => {
  for (const message of ['{"order":"x","customer":"ada.txt"}', '{"order":7.5}', "{}", "not json", "", "null"]) {
    assert.throws(() => withOutputs(message, "Ada"), new functions.Unprocessable("Cannot process, attempt 1"), message);
  }
});

test("BlobTrigger copies bytes, also those whose base64 is a JSON text", () => {
  for (const bytes of [Buffer.from("hi"), Buffer.alloc(0), Buffer.from([0x9e, 0xe9, 0x65]), randomBytes(8 * 1024 * 1024)]) {
    const answer = functions.blobTrigger(envelope({ blob: base64(bytes) }, { name: encoded("a b é.bin") }));
    assert.deepEqual(answer.logs, [`Copied a b é.bin, ${bytes.length} bytes`]);
    assert.ok(Buffer.from(answer.returnValue, "base64").equals(bytes));
  }
});

test("EventHubTrigger counts events and the orders among them", () => {
  const summary = (events) => functions.eventHubTrigger(envelope({ messages: encoded(events) }));
  assert.deepEqual(summary(['{"order":7}']), {
    outputs: { summary: base64('{"events":1,"orders":1}') },
    logs: ["Batch of 1 events"],
  });
  assert.equal(summary(["not json"]).outputs.summary, base64('{"events":1,"orders":0}'));
  const batch = ['{"order":1}', "", "grüß", '{"order":"x"}', '{"order":2}', "null", '{"order":1.5}'];
  assert.deepEqual(summary(batch), {
    outputs: { summary: base64('{"events":7,"orders":2}') },
    logs: ["Batch of 7 events"],
  });
  assert.equal(summary([]).outputs.summary, base64('{"events":0,"orders":0}'));
});

test("TimerTrigger says whether it comes late, whatever the schedule's status", () => {
  const neverRan = { Last: "0001-01-01T00:00:00", Next: "2026-11-24T03:00:00+00:00", LastUpdated: "0001-01-01T00:00:00" };
  for (const ScheduleStatus of [null, neverRan, undefined]) {
    for (const IsPastDue of [false, true]) {
      const timer = { Schedule: { AdjustForDST: true }, ScheduleStatus, IsPastDue };
      assert.deepEqual(functions.timerTrigger(envelope({ timer })), {
        outputs: { tick: base64(`{"pastDue":${IsPastDue}}`) },
        logs: [`Timer ran, past due: ${IsPastDue}`],
      });
    }
  }
});

test("a member that is missing or not as the host sends it is named", () => {
  const message = encoded("hello");
  const cases = [
    [functions.httpTriggerWithOutputs, envelope({}), "`req`"],
    [functions.httpTriggerWithOutputs, envelope({ req: [] }), "`req`"],
    [functions.queueTrigger, envelope({}), "`message`"],
    [functions.queueTrigger, envelope({ message: "hello" }), "`message`"],
    [functions.queueTrigger, envelope({ message: 7 }), "`message`"],
    [functions.queueTrigger, envelope({ message: "7" }), "`message`"],
    [functions.queueTrigger, envelope({ message }, { DequeueCount: 1 }), "`DequeueCount`"],
    [functions.queueTrigger, envelope({ message }, { DequeueCount: "one" }), "`DequeueCount`"],
    [functions.queueTriggerWithOutputs, envelope({ message: encoded('{"order":7}') }), "`profile`"],
    [functions.queueTriggerWithOutputs, envelope({ message: encoded('{"order":7}'), profile: "7" }), "`profile`"],
    [functions.blobTrigger, envelope({}, { name: encoded("a") }), "`blob`"],
    [functions.blobTrigger, envelope({ blob: "a*" }, { name: encoded("a") }), "`blob`"],
    [functions.blobTrigger, envelope({ blob: "aGk=" }), "`name`"],
    [functions.eventHubTrigger, envelope({}), "`messages`"],
    [functions.eventHubTrigger, envelope({ messages: encoded([1]) }), "`messages`"],
    [functions.eventHubTrigger, envelope({ messages: encoded("x") }), "`messages`"],
    [functions.timerTrigger, envelope({}), "`timer`"],
    [functions.timerTrigger, envelope({ timer: { IsPastDue: "no" } }), "`timer`"],
  ];
  for (const [run, given, named] of cases) {
    assert.throws(() => run(given), (error) => error instanceof BadEnvelope && error.message.includes(named), JSON.stringify(given));
  }
});
