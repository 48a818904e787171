# The routes: which function answers which path and method, and the functions that answer HTTP by themselves.

# The functions of this handler, by path and method.
routes <- function() {
  table <- list()
  # Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api
  # included, and the answer back piece by piece.
  table[["/api/hello"]] <- list(GET = hello, HEAD = hello)
  table[["/api/SimpleHttpTrigger"]] <- list(GET = simple_http_trigger_get, POST = simple_http_trigger_post)
  table[["/api/SimpleHttpTriggerWithReturn"]] <- list(
    GET = simple_http_trigger_with_return,
    POST = simple_http_trigger_with_return
  )

  # Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"}
  # as application/json.
  table[["/HttpTriggerStringReturnValue"]] <- list(POST = invoke(http_trigger_string_return_value))
  table[["/HttpTriggerWithOutputs"]] <- list(POST = invoke(http_trigger_with_outputs))
  table[["/QueueTrigger"]] <- list(POST = invoke(queue_trigger))
  table[["/QueueTriggerWithOutputs"]] <- list(POST = invoke(queue_trigger_with_outputs))
  table[["/BlobTrigger"]] <- list(POST = invoke(blob_trigger))
  table[["/EventHubTrigger"]] <- list(POST = invoke(event_hub_trigger))
  table[["/TimerTrigger"]] <- list(POST = invoke(timer_trigger))
  table
}

# The whole handler, as httpuv takes it.
app <- function(table = routes()) {
  list(call = function(env) {
    reply <- tryCatch(
      find_function(table, env)(env),
      bad_envelope = function(e) {
        write_line(conditionMessage(e))
        text_reply(conditionMessage(e), 400L)
      },
      unprocessable = function(e) {
        write_line(conditionMessage(e))
        # A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all,
        # then moves it to the poison queue.
        text_reply("Internal Server Error", 500L)
      },
      error = function(e) {
        # A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.
        write_line(env$REQUEST_METHOD, " ", env$PATH_INFO, " failed: ", conditionMessage(e))
        text_reply("Internal Server Error", 500L)
      }
    )
    # httpuv would send a body even to HEAD.
    reply$headers[["Content-Length"]] <- as.character(length(reply$body))
    if (env$REQUEST_METHOD == "HEAD") reply$body <- raw()
    # httpuv sends a reply's body apart from its head, and on a connection that is used again the body would wait 40 ms
    # for the host to acknowledge the head.
    reply$headers$Connection <- "close"
    reply
  })
}

find_function <- function(table, env) {
  methods <- table[[env$PATH_INFO, exact = TRUE]]
  # The host asks GET / until anything answers: any status means ready, even 404.
  if (is.null(methods)) return(function(env) text_reply("Not Found", 404L))
  allow <- paste(names(methods), collapse = ", ")
  refuse <- function(env) text_reply("Method Not Allowed", 405L, list(Allow = allow))
  if (is.null(methods[[env$REQUEST_METHOD]])) refuse else methods[[env$REQUEST_METHOD]]
}

# A function in default mode as one that answers HTTP requests.
invoke <- function(run) {
  # The host sends the envelope chunked, without a Content-Length.
  function(env) json_reply(run(read_envelope(env$rook.input$read())))
}

hello <- function(env) text_reply("Hello world")

simple_http_trigger_get <- function(env) {
  name <- parse_query(env$QUERY_STRING)[["name"]]
  text_reply(paste0("Hello, ", if (is.null(name) || name == "") "world" else name, "!"))
}

simple_http_trigger_post <- function(env) {
  # as_text stops at a NUL, inside parse_json's tryCatch: such a body is not JSON, either.
  name <- member(parse_json(as_text(env$rook.input$read())), "name")
  if (!is.character(name) || name == "") return(text_reply('Expected a JSON body such as {"name":"Ada"}', 400L))
  text_reply(paste0("Hello, ", name, "!"))
}

simple_http_trigger_with_return <- function(env) {
  query <- parse_query(env$QUERY_STRING)
  json_reply(list(
    method = env$REQUEST_METHOD,
    path = env$PATH_INFO,
    # code carries the function key: never echo a key.
    query = as_object(query[tolower(names(query)) != "code" & !duplicated(names(query))]),
    bytes = length(env$rook.input$read()),
    invocationId = env$HTTP_X_AZURE_FUNCTIONS_INVOCATIONID
  ))
}

# The query as a list of strings.
parse_query <- function(query) {
  # R holds no NUL in a string: the replacement character stands for it, and for bytes that are not UTF-8.
  without_nul <- gsub("%00", "%EF%BF%BD", query, fixed = TRUE)
  decode <- function(text) {
    decoded <- httpuv::decodeURIComponent(gsub("+", " ", text, fixed = TRUE))
    iconv(decoded, "UTF-8", "UTF-8", sub = "\ufffd")
  }
  pairs <- strsplit(sub("^\\?", "", without_nul), "&", fixed = TRUE)[[1L]]
  values <- ifelse(grepl("=", pairs, fixed = TRUE), sub("^[^=]*=", "", pairs), "")
  stats::setNames(as.list(decode(values)), decode(sub("=.*", "", pairs)))
}

text_reply <- function(text, status = 200L, headers = list()) {
  headers[["Content-Type"]] <- "text/plain; charset=utf-8"
  list(status = status, headers = headers, body = charToRaw(enc2utf8(text)))
}

json_reply <- function(value) {
  list(status = 200L, headers = list("Content-Type" = "application/json"), body = charToRaw(to_json(value)))
}

# What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
write_line <- function(...) cat(..., "\n", sep = "", file = stderr())
