# The functions that answer HTTP by themselves, and what holds for all.

LIMIT_SECONDS <- 30
LIMIT_MS <- LIMIT_SECONDS * 1000

# Routes of these tests alone, so that no function is missed here when you delete it.
TABLE <- list(
  "/api/Broken" = list(GET = function(env) stop("the secret cause")),
  "/Broken" = list(POST = invoke(function(envelope) stop("the secret cause"))),
  "/Invoked" = list(POST = invoke(function(envelope) {
    invocation_result(list(message = decode_string(envelope$Data, "message")))
  }))
)

start_handler <- function(port) {
  processx::process$new(
    "Rscript", "main.R",
    # A place without a locale, as the image is.
    wd = "..", env = c("current", LC_ALL = "C", FUNCTIONS_CUSTOMHANDLER_PORT = port), stdout = "|", stderr = "|"
  )
}

# Starts the handler on a free port and hands that port to the test.
with_handler <- function(test) {
  handler <- start_handler("0")
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

# Sends bytes and gives all that comes back until the connection is closed.
exchange <- function(port, head, body = raw()) {
  connection <- socketConnection("127.0.0.1", port, open = "r+b", blocking = TRUE, timeout = LIMIT_SECONDS)
  on.exit(close(connection))
  writeBin(c(charToRaw(paste0(paste(c(head, "Host: x", "Connection: close"), collapse = "\r\n"), "\r\n\r\n")), body), connection)
  received <- raw()
  repeat {
    more <- readBin(connection, "raw", 1e6)
    if (length(more) == 0L) return(as_text(received))
    received <- c(received, more)
  }
}

test_that("hello greets the world", {
  expect_equal(ask("GET", "/api/hello"), "200 text/plain; charset=utf-8 Hello world")
  expect_equal(ask("HEAD", "/api/hello"), "200 text/plain; charset=utf-8 ")
  expect_equal(ask("POST", "/api/hello"), "405 text/plain; charset=utf-8 Method Not Allowed")
})

test_that("SimpleHttpTrigger greets by name", {
  greetings <- list(
    c("?name=Zo%C3%AB", "Zo\u00eb"), c("?name=Ada+B", "Ada B"), c("?name=a=b", "a=b"), c("", "world"), c("?name=", "world"),
    c("?name", "world"), c("?name=a%00b", "a\ufffdb")
  )
  for (given in greetings) {
    expect_equal(ask("GET", "/api/SimpleHttpTrigger", given[1L]), paste0("200 text/plain; charset=utf-8 Hello, ", given[2L], "!"))
  }
  expect_equal(ask("POST", "/api/SimpleHttpTrigger", body = '{"name":"Ada"}'), "200 text/plain; charset=utf-8 Hello, Ada!")
  for (body in list("", "name=Ada", "{}", '["name"]', '{"name":""}', '{"name":7}', '{"name":null}', "null", as.raw(c(0xff, 0xfe, 0xfd, 0x00)))) {
    expect_equal(
      ask("POST", "/api/SimpleHttpTrigger", body = body),
      '400 text/plain; charset=utf-8 Expected a JSON body such as {"name":"Ada"}'
    )
  }
})

test_that("SimpleHttpTriggerWithReturn tells what arrived, but not the key", {
  expect_equal(
    ask("POST", "/api/SimpleHttpTriggerWithReturn", "?a=1&flag=&Code=secret", as.raw(c(0, 255, 254))),
    paste0(
      '200 application/json {"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1","flag":""},',
      '"bytes":3,"invocationId":"42"}'
    )
  )
  expect_match(ask("GET", "/api/SimpleHttpTriggerWithReturn", "?code=secret"), '"query":{},"bytes":0', fixed = TRUE)
  expect_match(ask("GET", "/api/SimpleHttpTriggerWithReturn", "?a=%ff&a=2"), '"query":{"a":"\ufffd"}', fixed = TRUE)
})

test_that("a function that throws is logged and answered 500", {
  for (request in list(c("GET", "/api/Broken"), c("POST", "/Broken"))) {
    answer <- NULL
    stderr <- capture.output(
      answer <- ask(request[1L], request[2L], body = '{"Data":{},"Metadata":{}}', table = TABLE),
      type = "message"
    )
    expect_equal(answer, "500 text/plain; charset=utf-8 Internal Server Error")
    expect_equal(stderr, paste(request[1L], request[2L], "failed: the secret cause"))
  }
})

test_that("an envelope that cannot be read is a bad request", {
  bodies <- list(
    c("x", 'a JSON body such as {"Data":{},"Metadata":{}}'),
    c('{"Data":{}}', 'a JSON body such as {"Data":{},"Metadata":{}}'),
    c('{"Data":{},"Metadata":{}}', "`message` to be a string, as JSON inside a JSON string"),
    c('{"Data":{"message":"hello"},"Metadata":{}}', "`message` to be a string, as JSON inside a JSON string")
  )
  for (given in bodies) {
    answer <- NULL
    stderr <- capture.output(answer <- ask("POST", "/Invoked", body = given[1L], table = TABLE), type = "message")
    expect_equal(answer, paste("400 text/plain; charset=utf-8 Expected", given[2L]))
    expect_equal(stderr, paste("Expected", given[2L]))
  }
})

test_that("no request of a caller that closes its connections is lost", {
  with_handler(function(port) {
    for (request in 1:40) {
      # The host asks this path until anything answers; it has no function to delete.
      expect_match(exchange(port, "GET / HTTP/1.1"), "^HTTP/1.1 404 Not Found\r\n.*Connection: close\r\n.*\r\n\r\nNot Found$")
    }
  })
})

test_that("a port that cannot be had is said in one line", {
  with_handler(function(taken) {
    for (port in c("abc", "65536", taken)) {
      second <- processx::run(
        "Rscript", "main.R",
        wd = "..", env = c("current", FUNCTIONS_CUSTOMHANDLER_PORT = port), error_on_status = FALSE, timeout = LIMIT_SECONDS
      )
      expect_equal(second$status, 1L)
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

test_that("every folder with a function.json has a route, and every route a folder", {
  route_of <- function(folder) {
    bindings <- jsonlite::read_json(file.path("..", folder, "function.json"))$bindings
    types <- vapply(bindings, function(binding) binding$type, "")
    # The host calls a function at /api and its route if it is proxied, at / and its name if not.
    if (!all(types %in% c("httpTrigger", "http"))) return(paste0("/", folder))
    paste0("/api/", if (is.null(bindings[[1L]]$route)) folder else bindings[[1L]]$route)
  }
  folders <- dirname(list.files("..", "^function.json$", recursive = TRUE))
  expect_setequal(names(routes()), vapply(folders, route_of, ""))
})
