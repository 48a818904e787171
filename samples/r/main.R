# The program: finds its port and serves the app of routes.R.

POLL_MS <- 100

# R would take bytes beyond ASCII for something else where the image sets no locale.
invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))

for (part in c("envelope.R", "functions.R", "routes.R")) source(file.path("R", part), encoding = "UTF-8")

# The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
named <- Sys.getenv("FUNCTIONS_CUSTOMHANDLER_PORT", unset = NA)
port <- if (is.na(named)) "8081" else if (named == "0") httpuv::randomPort() else named
server <- tryCatch(
  {
    stopifnot("not a port number" = port %in% 1:65535)
    httpuv::startServer("127.0.0.1", as.integer(port), app(), quiet = TRUE)
  },
  error = function(e) {
    remedy <- "set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081"
    write_line("Cannot listen on port `", port, "` (", conditionMessage(e), "): ", remedy)
    quit(status = 1)
  }
)
why <- if (is.na(named)) " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)" else ""
cat("Listening on http://127.0.0.1:", port, why, "\n", sep = "")

# When the host stops it kills the handler: there is no signal to wait for.
while (TRUE) httpuv::service(POLL_MS)
