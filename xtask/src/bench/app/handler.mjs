// The handler that is measured: it answers `hello`, counts the bytes of an upload, sends events, and says where it listens,
// whether the request passes as it came (/api/hello) or wrapped in an envelope (/hello). It does so little that what is between
// it and the caller shows.

import { createServer } from "node:http";

const plain = { "Content-Type": "text/plain; charset=utf-8" };

const server = createServer((request, response) => {
  const isWrapped = request.method === "POST" && !request.url.startsWith("/api/");
  const isUpload = request.url.endsWith("/upload");
  const isWhere = request.url.endsWith("/where");
  if (request.url.endsWith("/events")) return sendEvents(response);
  let bytes = 0;
  request.on("data", (piece) => (bytes += piece.length));
  request.on("end", () => {
    const text = isUpload ? String(bytes) : isWhere ? url() : "Hello world";
    if (!isWrapped) return response.writeHead(200, { ...plain, "Content-Length": text.length }).end(text);
    const answer = JSON.stringify({ Outputs: { res: { statusCode: 200, headers: plain, body: text } }, Logs: [], ReturnValue: null });
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": answer.length }).end(answer);
  });
});

// The second event comes when the first has long arrived, so that this is seen to stream.
const sendEvents = (response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: first\n\n");
  setTimeout(() => response.end("data: last\n\n"), 10);
};

const url = () => `http://127.0.0.1:${server.address().port}`;

server.listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT ?? 0), "127.0.0.1", () => console.log(`Listening on ${url()}`));
