# The ten functions. Each is pure: a request or an envelope in, an answer out, no server needed.

# Stops because no attempt will get this message done.
unprocessable <- function(attempt) {
  message <- paste0("Cannot process, attempt ", attempt)
  stop(structure(class = c("unprocessable", "error", "condition"), list(message = message, call = NULL)))
}

# Forwarded: {method, path, query, invocation_id, body} in, {status, headers, body} out.

hello <- function(request) text_reply(200L, "Hello world")

# Greets the name in the query of a GET or in the JSON body of a POST.
simple_http_trigger <- function(request) {
  if (request$method == "GET") {
    name <- member(parse_query(request$query), "name")
    if (is.null(name) || name == "") name <- "world"
  } else {
    name <- member(parse_json(as_text(request$body)), "name")
    if (!is_text(name) || name == "") return(text_reply(400L, 'Expected a JSON body such as {"name":"Ada"}'))
  }
  text_reply(200L, paste0("Hello, ", name, "!"))
}

# Tells the caller what arrived.
simple_http_trigger_with_return <- function(request) {
  query <- parse_query(request$query)
  # code carries the function key: never echo a key.
  query <- query[tolower(names(query)) != "code"]
  json_reply(json_object(
    method = json_text(request$method),
    path = json_text(request$path),
    query = json_members(lapply(query, json_text)),
    bytes = length(request$body),
    invocationId = if (is.null(request$invocation_id)) "null" else json_text(request$invocation_id)
  ))
}

# Default mode: {data, metadata} in, a result out.

# Answers over HTTP and queues what it returns.
http_trigger_string_return_value <- function(envelope) {
  res <- json_object(
    statusCode = 201L,
    headers = json_object(header1 = json_text("header1Val")),
    body = json_text("my world")
  )
  result(outputs = list(res = res), return_value = output_bytes("Hello,World"))
}

# Queues an order as it came and tells the caller that it did.
http_trigger_with_outputs <- function(envelope) {
  # Inside Data.req strings are plain: Body is the request's text as it came.
  body <- member(object_in(envelope$data, "req"), "Body")
  order <- if (is_text(body)) integer_in(body, "order")
  # The http output is always set: without it the client would get 200 and {}.
  if (is.null(order)) {
    # A caller's mistake is a successful invocation whose http output says 400.
    mistake <- json_object(error = json_text("expected a JSON body with an integer order"))
    return(result(outputs = list(res = http_output(400L, mistake))))
  }
  result(
    outputs = list(order = json_text(output_bytes(body)), res = http_output(201L, json_object(accepted = order))),
    logs = paste0("Accepted order ", order)
  )
}

# Passes a message on from one queue to another.
queue_trigger <- function(envelope) {
  message <- decode_text(envelope$data, "message")
  attempt <- attempt_of(envelope$metadata)
  if (message == "unprocessable") unprocessable(attempt)
  result(
    logs = paste0("Passed on ", nchar(message, type = "bytes"), " bytes, attempt ", attempt),
    return_value = output_bytes(message)
  )
}

# Turns one order into messages on two queues; the customer's name comes from a blob.
queue_trigger_with_outputs <- function(envelope) {
  # Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id.
  order <- integer_in(decode_text(envelope$data, "message"), "order")
  attempt <- attempt_of(envelope$metadata)
  if (is.null(order)) unprocessable(attempt)

  # A blob that does not exist arrives as null.
  profile <- decode(envelope$data, "profile", "a text or null", function(value) is.null(value) || is_text(value))
  customer <- if (is.null(profile)) "an unknown customer" else profile
  result(
    # The elements of an array output are not decoded: plain text, one message each.
    outputs = list(output1 = json_texts(paste0("Order ", order, c(": pack", ": bill")))),
    logs = paste0("Order ", order),
    return_value = output_bytes(paste0("Order ", order, " for ", customer))
  )
}

# Copies a blob, byte for byte and under its own name.
blob_trigger <- function(envelope) {
  bytes <- blob_bytes(envelope$data, "blob")
  name <- decode_text(envelope$metadata, "name")
  result(logs = paste0("Copied ", name, ", ", length(bytes), " bytes"), return_value = output_bytes(bytes))
}

# Counts the events of a batch, and the orders among them.
event_hub_trigger <- function(envelope) {
  # Data.messages is one string that holds a JSON array of strings, one for each event.
  events <- decode_texts(envelope$data, "messages")
  orders <- sum(vapply(events, function(event) !is.null(integer_in(event, "order")), NA))
  result(
    outputs = list(summary = json_text(output_bytes(json_object(events = length(events), orders = orders)))),
    logs = paste0("Batch of ", length(events), " events")
  )
}

# Queues a tick that says whether it comes late.
#
# Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00 without an offset.
timer_trigger <- function(envelope) {
  past_due <- member(object_in(envelope$data, "timer"), "IsPastDue")
  if (!is.logical(past_due)) malformed("`timer` to have a boolean IsPastDue")
  past_due <- if (past_due) "true" else "false"
  result(
    outputs = list(tick = json_text(output_bytes(json_object(pastDue = past_due)))),
    logs = paste0("Timer ran, past due: ", past_due)
  )
}
