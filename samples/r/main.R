# The program: finds its port, serves the app of routes.R, stops when it is asked to.

DEVELOPMENT_PORT <- 8081L
POLL_MS <- 100

# R would take bytes beyond ASCII for something else where the image sets no locale.
invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))

for (part in c("json.R", "http.R", "envelope.R", "functions.R", "routes.R")) {
  source(file.path("R", part), encoding = "UTF-8")
}

fail <- function(...) {
  cat(..., "\n", sep = "", file = stderr())
  quit(status = 1)
}

# The port to listen on: the host's, or else the one for development.
#
# The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
port_from_environment <- function() {
  value <- Sys.getenv("FUNCTIONS_CUSTOMHANDLER_PORT", unset = NA)
  if (is.na(value)) return(DEVELOPMENT_PORT)
  if (!grepl("^[0-9]{1,5}$", value) || !as.integer(value) %in% 1:65535) {
    fail(
      "FUNCTIONS_CUSTOMHANDLER_PORT is `", value, "`, not a port number\n",
      "hint: set it to a number up to 65535, or unset it to listen on ", DEVELOPMENT_PORT
    )
  }
  as.integer(value)
}

port <- port_from_environment()
server <- tryCatch(
  httpuv::startServer("127.0.0.1", port, app, quiet = TRUE),
  error = function(e) fail("Cannot listen on 127.0.0.1:", port, ": ", conditionMessage(e))
)
why <- if (is.na(Sys.getenv("FUNCTIONS_CUSTOMHANDLER_PORT", unset = NA))) " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)" else ""
cat("Listening on http://127.0.0.1:", port, why, "\n", sep = "")

# docker stop and Ctrl-C send SIGTERM and SIGINT: stop listening, finish what is running and exit.
# R exits at once, on SIGTERM by itself and on SIGINT here; the host waits for what is running before it ends a handler.
tryCatch(while (TRUE) httpuv::service(POLL_MS), interrupt = function(interrupt) server$stop())
