# The functions in default mode: an envelope in, a result out, so the tests call them without a server.

# Stops because this message can never be handled.
unprocessable <- function(attempt) {
  stop(errorCondition(paste0("Cannot process, attempt ", attempt), class = "unprocessable"))
}

# Answers over HTTP and queues what it returns.
http_trigger_string_return_value <- function(envelope) {
  res <- list(statusCode = 201L, headers = list(header1 = "header1Val"), body = "my world")
  invocation_result(list(res = res), return_value = output_bytes("Hello,World"))
}

# Queues an order as it came and tells the caller that it did.
http_trigger_with_outputs <- function(envelope) {
  # Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its route.
  req <- plain(envelope$Data, "req")
  order <- order_in(req[["Body"]])
  if (is.null(order)) {
    # A caller's mistake is a successful invocation whose http output says 400.
    mistake <- list(error = "expected a JSON body with an integer order")
    return(invocation_result(list(res = json_output(400L, mistake))))
  }
  # The http output is always set: without it the client would get 200 and {}.
  res <- json_output(201L, list(accepted = order, customer = member(req[["Params"]], "customer")))
  invocation_result(list(order = output_bytes(req[["Body"]]), res = res), sprintf("Accepted order %.0f", order))
}

# Passes a message on from one queue to another.
queue_trigger <- function(envelope) {
  message <- decode_string(envelope$Data, "message")
  attempt <- attempt_of(envelope$Metadata)
  if (message == "unprocessable") unprocessable(attempt)
  log <- sprintf("Passed on %d bytes, attempt %d", nchar(message, type = "bytes"), attempt)
  invocation_result(logs = log, return_value = output_bytes(message))
}

# Turns one order into messages on two queues; the customer's name comes from a blob.
queue_trigger_with_outputs <- function(envelope) {
  # Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.
  message <- decode_string(envelope$Data, "message")
  order <- order_in(message)
  if (is.null(order)) unprocessable(attempt_of(envelope$Metadata))
  # A blob that does not exist arrives as null.
  unknown <- identical(envelope$Data[["profile"]], "null")
  customer <- if (unknown) "an unknown customer" else decode_string(envelope$Data, "profile")
  invocation_result(
    # The elements of an array output are not decoded: plain text, one message each.
    list(output1 = I(sprintf(c("Order %.0f: pack", "Order %.0f: bill"), order))),
    sprintf("Order %.0f", order),
    output_bytes(sprintf("Order %.0f for %s", order, customer))
  )
}

# Copies a blob, byte for byte and under its own name.
blob_trigger <- function(envelope) {
  bytes <- blob_bytes(envelope$Data, "blob")
  name <- decode_string(envelope$Metadata, "name")
  invocation_result(logs = sprintf("Copied %s, %d bytes", name, length(bytes)), return_value = output_bytes(bytes))
}

# Counts the events of a batch, and the orders among them.
event_hub_trigger <- function(envelope) {
  # Data.messages is one string that holds a JSON array of strings, one for each event.
  events <- decode_strings(envelope$Data, "messages")
  orders <- sum(vapply(events, function(event) !is.null(order_in(event)), NA))
  summary <- to_json(list(events = length(events), orders = orders))
  invocation_result(list(summary = output_bytes(summary)), sprintf("Batch of %d events", length(events)))
}

# Queues a tick that says whether it comes late.
timer_trigger <- function(envelope) {
  # Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.
  past_due <- isTRUE(plain(envelope$Data, "timer")[["IsPastDue"]])
  tick <- to_json(list(pastDue = past_due))
  invocation_result(list(tick = output_bytes(tick)), paste("Timer ran, past due:", tolower(past_due)))
}

# The order of a JSON text such as {"order":7}; NULL if there is none, or no integer.
order_in <- function(text) {
  order <- member(parse_json(text), "order")
  # R counts in doubles, of which jsonlite writes 15 digits: beyond them it would not be the integer that was sent.
  if (is.numeric(order) && order == trunc(order) && abs(order) < 1e15) order
}
