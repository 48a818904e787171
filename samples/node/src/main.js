// The program: finds its port, serves the app of routes.js, stops when it is asked to.

import process from "node:process";

import { createApp } from "./routes.js";

const DEVELOPMENT_PORT = 8081;
const STOP_LIMIT_MS = 3_000;

/** The port to listen on: the host's, or else the one for development. Throws when the host's is no port. */
function portFromEnvironment() {
  // The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
  const value = process.env.FUNCTIONS_CUSTOMHANDLER_PORT;
  if (value === undefined) return DEVELOPMENT_PORT;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) {
    throw new Error(
      `FUNCTIONS_CUSTOMHANDLER_PORT is \`${value}\`, not a port number\n` +
        `hint: set it to a number up to 65535, or unset it to listen on ${DEVELOPMENT_PORT}`,
    );
  }
  return Number(value);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function start() {
  const port = portFromEnvironment();
  const app = createApp();
  app.on("error", (error) => fail(`Cannot listen on 127.0.0.1:${port}: ${error.message}`));
  app.listen(port, "127.0.0.1", () => {
    const why = process.env.FUNCTIONS_CUSTOMHANDLER_PORT === undefined ? " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)" : "";
    console.log(`Listening on http://127.0.0.1:${app.address().port}${why}`);
  });

  // docker stop and Ctrl-C send SIGTERM and SIGINT: stop listening, finish what is running and exit.
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      app.close(() => process.exit(0));
      setTimeout(() => {
        console.error(`Requests were still running ${STOP_LIMIT_MS / 1_000} s after the signal to stop`);
        process.exit(0);
      }, STOP_LIMIT_MS);
    });
  }
}

try {
  start();
} catch (error) {
  fail(error.message);
}
