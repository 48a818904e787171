# The routes: which function answers which path, and what becomes of a request nobody can answer.

forwarded <- function(methods, run) list(methods = methods, answer = run)

invoked <- function(run) {
  list(methods = "POST", answer = function(request) {
    reply <- answer_invocation(run, request$body)
    # httpuv sends a reply's body apart from its head, and on a connection that is used again the body would wait 40 ms for
    # the host to acknowledge the head. (A forwarded reply goes without this: it would close the client's connection, too.)
    reply$headers$Connection <- "close"
    reply
  })
}

ROUTES <- list(
  # Forwarded: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api
  # included.
  "/api/hello" = forwarded(c("GET", "HEAD"), hello),
  "/api/SimpleHttpTrigger" = forwarded(c("GET", "POST"), simple_http_trigger),
  "/api/SimpleHttpTriggerWithReturn" = forwarded(c("GET", "POST"), simple_http_trigger_with_return),

  # Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"}
  # as application/json.
  "/HttpTriggerStringReturnValue" = invoked(http_trigger_string_return_value),
  "/HttpTriggerWithOutputs" = invoked(http_trigger_with_outputs),
  "/QueueTrigger" = invoked(queue_trigger),
  "/QueueTriggerWithOutputs" = invoked(queue_trigger_with_outputs),
  "/BlobTrigger" = invoked(blob_trigger),
  "/EventHubTrigger" = invoked(event_hub_trigger),
  "/TimerTrigger" = invoked(timer_trigger)
)

# The whole handler, as httpuv takes it.
app <- list(call = function(env) {
  reply <- handle(read_request(env))
  # httpuv would send a body even to HEAD.
  if (env$REQUEST_METHOD == "HEAD") {
    reply$headers[["Content-Length"]] <- as.character(length(reply$body))
    reply$body <- raw()
  }
  reply
})

# Answers one request: {method, path, query, invocation_id, body} in, {status, headers, body} out.
handle <- function(request) {
  # A list would also take the beginning of a name for the name.
  route <- ROUTES[[request$path, exact = TRUE]]
  # The host asks GET / until anything answers: any status means ready, even 404.
  if (is.null(route)) return(text_reply(404L, "Not found"))
  if (!request$method %in% route$methods) {
    use <- paste(setdiff(route$methods, "HEAD"), collapse = " or ")
    return(text_reply(405L, paste("Use", use), list(Allow = paste(route$methods, collapse = ", "))))
  }
  route$answer(request)
}

answer_invocation <- function(run, body) {
  tryCatch(
    {
      # Read here: as an argument it would only be read when a function looks at it.
      envelope <- read_envelope(body)
      json_reply(write_result(run(envelope)))
    },
    error = function(e) {
      # What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
      cat(conditionMessage(e), "\n", sep = "", file = stderr())
      # A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then
      # moves it to the poison queue.
      text_reply(if (inherits(e, "malformed")) 400L else 500L, conditionMessage(e))
    }
  )
}
