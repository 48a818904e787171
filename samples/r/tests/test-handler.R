# What holds for every function, and the program itself.

LIMIT_SECONDS <- 30
LIMIT_MS <- LIMIT_SECONDS * 1000

# Routes of these tests alone, so that no function is missed here when you delete it.
TABLE <- list(
  "/api/Broken" = list(POST = function(env) stop("out of tea")),
  "/Broken" = list(POST = invoke(function(envelope) stop("out of tea"))),
  "/Invoked" = list(POST = invoke(function(envelope) {
    invocation_result(list(message = decode_string(envelope$Data, "message")))
  }))
)

# Starts the handler on a free port and hands that port to the test.
with_handler <- function(test) {
  handler <- processx::process$new(
    "Rscript", "main.R",
    # A place without a locale, as the image is.
    wd = "..", env = c("current", LC_ALL = "C", FUNCTIONS_CUSTOMHANDLER_PORT = "0"), stdout = "|"
  )
  on.exit(handler$kill())
  deadline <- Sys.time() + LIMIT_SECONDS
  line <- character()
  while (length(line) == 0L && handler$is_alive() && Sys.time() < deadline) {
    handler$poll_io(LIMIT_MS)
    line <- handler$read_output_lines(1L)
  }
  expect_match(line, "^Listening on http://127.0.0.1:[0-9]+$")
  test(sub(".*:", "", line))
}

# Posts a body over a connection, and gives what comes until the answer is whole.
ask_for <- function(answer, connection) {
  writeBin(charToRaw("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"), connection)
  received <- ""
  repeat {
    byte <- readBin(connection, "raw", 1L)
    received <- paste0(received, as_text(byte))
    if (length(byte) == 0L || endsWith(received, answer)) return(received)
  }
}

test_that("every function has a route and every route a function", {
  path_of <- function(folder) {
    bindings <- jsonlite::read_json(file.path("..", folder, "function.json"))$bindings
    types <- vapply(bindings, function(binding) binding$type, "")
    # The host calls a function at /api and its route if it is proxied, at / and its name if not.
    if (!all(types %in% c("httpTrigger", "http"))) return(paste0("/", folder))
    paste0("/api/", if (is.null(bindings[[1L]]$route)) folder else bindings[[1L]]$route)
  }
  folders <- dirname(list.files("..", "^function.json$", recursive = TRUE))
  expect_setequal(names(routes()), vapply(folders, path_of, ""))
  # What the host asks until anything answers.
  expect_equal(ask("GET", "/"), "404 text/plain; charset=utf-8 Not Found")
})

test_that("a function that throws answers 500 and tells the log alone", {
  for (path in c("/api/Broken", "/Broken")) {
    stderr <- capture.output(
      answer <- ask("POST", path, "?code=secret", '{"Data":{},"Metadata":{}}', table = TABLE),
      type = "message"
    )
    expect_equal(answer, "500 text/plain; charset=utf-8 Internal Server Error")
    expect_equal(stderr, paste("POST", path, "failed: out of tea"))
  }
})

test_that("an envelope that cannot be read is answered with 400 and a line", {
  envelope <- 'Expected a JSON body such as {"Data":{},"Metadata":{}}: '
  message <- "Expected `message` to be a string, as JSON inside a JSON string: "
  bodies <- list(
    c("", envelope, "parse error: premature EOF"),
    c("not json", envelope, "lexical error: invalid string in json text."),
    c("null", envelope, "it is something else"),
    c('{"Data":{}}', envelope, "it is something else"),
    c('{"Data":[],"Metadata":{}}', envelope, "it is something else"),
    c('{"Data":{},"Metadata":{}}', message, "parse error: premature EOF"),
    c('{"Data":{"message":7},"Metadata":{}}', message, "parse error: premature EOF"),
    c('{"Data":{"message":"null"},"Metadata":{}}', message, "it is something else"),
    c('{"Data":{"message":"hello"},"Metadata":{}}', message, "lexical error: invalid char in json text.")
  )
  for (given in bodies) {
    stderr <- capture.output(answer <- ask("POST", "/Invoked", body = given[1L], table = TABLE), type = "message")
    line <- paste0(given[2L], given[3L])
    expect_equal(answer, paste("400 text/plain; charset=utf-8", line))
    expect_equal(stderr, line)
  }
})

test_that("callers that close their connections lose nothing", {
  with_handler(function(port) {
    connection <- NULL
    for (request in 1:40) {
      # A pool of connections keeps one unless it is told that it is closed.
      if (is.null(connection)) connection <- socketConnection("127.0.0.1", port, open = "r+b", blocking = TRUE, timeout = LIMIT_SECONDS)
      reply <- ask_for("\r\n\r\nNot Found", connection)
      expect_match(reply, "^HTTP/1.1 404 Not Found\r\n.*Connection: close\r\n.*\r\n\r\nNot Found$")
      if (grepl("Connection: close", reply, fixed = TRUE)) {
        close(connection)
        connection <- NULL
      }
    }
  })
})

test_that("a port that cannot be opened ends the program with the remedy", {
  with_handler(function(taken) {
    for (port in c(taken, "", "abc", "-1", "65536")) {
      second <- processx::run(
        "Rscript", "main.R",
        wd = "..", env = c("current", FUNCTIONS_CUSTOMHANDLER_PORT = port), error_on_status = FALSE, timeout = LIMIT_SECONDS
      )
      expect_equal(second$status, 1L)
      expect_length(strsplit(second$stderr, "\n")[[1L]], 1L)
      expect_match(
        second$stderr,
        paste0(
          "^Cannot listen on port `", port,
          "` \\(.*\\): set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081\n$"
        )
      )
    }
  })
})
