# The program over real HTTP, started as the host starts it, in a place without a locale.

LIMIT_SECONDS <- 30
LIMIT_MS <- LIMIT_SECONDS * 1000
STOP_LIMIT_MS <- 1000

start_handler <- function(port) {
  processx::process$new(
    "Rscript", "main.R",
    wd = "..",
    env = c("current", LC_ALL = "C", FUNCTIONS_CUSTOMHANDLER_PORT = port),
    stdout = "|", stderr = "|"
  )
}

first_line <- function(handler) {
  deadline <- Sys.time() + LIMIT_SECONDS
  while (Sys.time() < deadline) {
    handler$poll_io(LIMIT_MS)
    line <- handler$read_output_lines(1L)
    if (length(line) > 0L || !handler$is_alive()) break
  }
  if (length(line) > 0L) line else stop("no line within ", LIMIT_SECONDS, " s; stderr: ", handler$read_error())
}

# Sends bytes and gives all that comes back until the connection is closed.
exchange <- function(port, bytes) {
  connection <- socketConnection("127.0.0.1", port, open = "r+b", blocking = TRUE, timeout = LIMIT_SECONDS)
  on.exit(close(connection))
  writeBin(bytes, connection)
  received <- raw()
  repeat {
    more <- readBin(connection, "raw", 1e6)
    if (length(more) == 0L) return(received)
    received <- c(received, more)
  }
}

request_head <- function(line, ...) charToRaw(paste0(paste(c(line, "Host: x", "Connection: close", ...), collapse = "\r\n"), "\r\n\r\n"))

with_handler <- function(test) {
  port <- httpuv::randomPort()
  handler <- start_handler(port)
  on.exit(handler$kill())
  expect_equal(first_line(handler), paste0("Listening on http://127.0.0.1:", port))
  test(port, handler)
}

test_that("the program answers, and ends on SIGTERM and SIGINT", {
  for (signal in c(tools::SIGTERM, tools::SIGINT)) {
    with_handler(function(port, handler) {
      reply <- rawToChar(exchange(port, request_head("GET /api/hello HTTP/1.1")))
      expect_match(reply, "^HTTP/1.1 200 OK\r\n.*Content-Length: 11\r\n(.*\r\n)?\r\nHello world$")
      expect_match(rawToChar(exchange(port, request_head("HEAD /api/hello HTTP/1.1"))), "Content-Length: 11\r\n(.*\r\n)?\r\n$")
      handler$signal(signal)
      handler$wait(STOP_LIMIT_MS)
      # That it ended counts; the status is not asked, since processx now and then misses it and says NA.
      expect_false(handler$is_alive())
    })
  }
})

test_that("the program passes path, query and invocation id on", {
  with_handler(function(port, handler) {
    target <- "/api/SimpleHttpTriggerWithReturn?a=%2F%C3%AB&flag&b=+"
    reply <- as_text(exchange(port, request_head(paste("GET", target, "HTTP/1.1"), "X-Azure-Functions-InvocationId: 42")))
    expect_true(endsWith(reply, paste0(
      '\r\n\r\n{"method":"GET","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"/\u00eb","flag":"","b":" "},',
      '"bytes":0,"invocationId":"42"}'
    )))
  })
})

test_that("the program takes a chunked envelope with a large blob", {
  with_handler(function(port, handler) {
    set.seed(2)
    blob <- gsub("\n", "", jsonlite::base64_enc(as.raw(sample(0:255, 8 * 2^20, replace = TRUE))), fixed = TRUE)
    envelope <- charToRaw(paste0('{"Data":{"blob":"', blob, '"},"Metadata":{"name":"\\"a b \u00e9.bin\\""}}'))
    half <- length(envelope) %/% 2L
    chunk <- function(bytes) c(charToRaw(sprintf("%x\r\n", length(bytes))), bytes, charToRaw("\r\n"))
    reply <- exchange(port, c(
      request_head("POST /BlobTrigger HTTP/1.1", "Transfer-Encoding: chunked"),
      chunk(envelope[seq_len(half)]), chunk(envelope[-seq_len(half)]), charToRaw("0\r\n\r\n")
    ))
    expected <- charToRaw(paste0('{"Outputs":{},"Logs":["Copied a b \u00e9.bin, 8388608 bytes"],"ReturnValue":"', blob, '"}'))
    expect_true(identical(tail(reply, length(expected)), expected))
  })
})

test_that("the program refuses what is no port", {
  for (port in c("", "x", "-1", "0", "65536")) {
    handler <- start_handler(port)
    handler$wait(LIMIT_MS)
    expect_equal(handler$get_exit_status(), 1L)
    expect_equal(handler$read_error_lines()[1L], paste0("FUNCTIONS_CUSTOMHANDLER_PORT is `", port, "`, not a port number"))
  }
})

test_that("the program says which port is taken", {
  with_handler(function(port, handler) {
    second <- start_handler(port)
    second$wait(LIMIT_MS)
    expect_equal(second$get_exit_status(), 1L)
    expect_match(second$read_error_lines()[1L], paste0("^Cannot listen on 127.0.0.1:", port))
  })
})
