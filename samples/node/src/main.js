// The program: finds its port and serves the app of routes.js.

import { once } from "node:events";

import { createApp } from "./routes.js";

// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
const { FUNCTIONS_CUSTOMHANDLER_PORT: given } = process.env;
const port = given ?? "8081";

// When the host stops it kills the handler: there is no signal to wait for.
const app = createApp();
try {
  await once(app.listen({ port, host: "127.0.0.1" }), "listening");
} catch (error) {
  console.error(
    `Cannot listen on port \`${port}\` (${error.message}): ` +
      "set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081",
  );
  process.exit(1);
}
const note = given === undefined ? " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)" : "";
console.log(`Listening on http://127.0.0.1:${app.address().port}${note}`);
