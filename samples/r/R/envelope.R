# The envelope: what the host sends in default mode, and what it expects back.

# Stops because the envelope is not what the host sends; the message says what was expected, and why this is not it.
bad_envelope <- function(...) stop(errorCondition(paste0("Expected ", ...), class = "bad_envelope"))

# The envelope in the body of a request: a list of Data and Metadata, each a list, too.
read_envelope <- function(body) {
  fits <- function(value) is_object(member(value, "Data")) && is_object(member(value, "Metadata"))
  parse_expected(as_text(body), 'a JSON body such as {"Data":{},"Metadata":{}}', fits)
}

# The value of one member of Data or Metadata; `fits` says whether it is what the host sends.
decode <- function(section, name, expected, fits) {
  text <- member(section, name)
  expected <- paste0("`", name, "` to be ", expected, ", as JSON inside a JSON string")
  # R ends a string at a NUL, and would go on with half of it. Backslashes in pairs stand for themselves.
  if (any(grepl("(?<!\\\\)(\\\\\\\\)*\\\\u0000", text, perl = TRUE))) bad_envelope(expected, ": R holds no NUL")
  # A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
  parse_expected(if (is.character(text)) text else "", expected, fits)
}

# The value of a JSON text that must fit.
parse_expected <- function(text, expected, fits) {
  why <- "it is something else"
  value <- parse_json(text, function(e) {
    why <<- sub("\n.*", "", conditionMessage(e))
    NULL
  })
  if (!fits(value)) bad_envelope(expected, ": ", why)
  value
}

# A string in Data or Metadata: a queue message, the name of a blob.
decode_string <- function(section, name) decode(section, name, "a string", is.character)

# An array of strings in Data: a batch of events.
decode_strings <- function(section, name) {
  are_strings <- function(value) is.list(value) && !is_object(value) && all(vapply(value, is.character, NA))
  as.character(decode(section, name, "an array of strings", are_strings))
}

# A member of Data that is meant as the object it is: an HTTP request, a timer.
plain <- function(data, name) {
  if (!is_object(data[[name]])) bad_envelope("`", name, "` to be an object")
  data[[name]]
}

# The bytes of a blob trigger.
blob_bytes <- function(data, name) {
  # The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
  bytes <- tryCatch(jsonlite::base64_dec(data[[name]]), error = function(e) NULL)
  # jsonlite skips what is not base64, and raises no error.
  if (!is.raw(bytes) || !identical(output_bytes(bytes), data[[name]])) bad_envelope("`", name, "` to be base64")
  bytes
}

# Which attempt at a message this is.
attempt_of <- function(metadata) {
  # DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
  # It is for the log alone: a message with a property of that name has put its own value there.
  count <- parse_json(metadata[["DequeueCount"]])
  if (is.integer(count)) count else 0L
}

# What the host expects back.
invocation_result <- function(outputs = list(), logs = character(), return_value = NULL) {
  # The host prints each line of Logs under the category Function.<Name>.User.
  list(Outputs = as_object(outputs), Logs = I(logs), ReturnValue = return_value)
}

# The value of a queue or blob output: exactly these bytes, or this text as UTF-8.
output_bytes <- function(content) {
  # The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
  bytes <- if (is.raw(content)) content else charToRaw(enc2utf8(content))
  # Some versions of jsonlite break the lines.
  gsub("\n", "", jsonlite::base64_enc(bytes), fixed = TRUE)
}

# The value of an http output with a JSON body.
json_output <- function(status, body) {
  # The body is a string: an object would arrive indented, as text/plain.
  list(statusCode = status, headers = list("content-type" = "application/json"), body = to_json(body))
}

# The value of a JSON text, arrays and objects as lists; NULL, or what is wanted otherwise, if it is not JSON.
parse_json <- function(text, otherwise = function(e) NULL) {
  # Not jsonlite::fromJSON: to that a text may also be a file or an address to read from.
  tryCatch(jsonlite::parse_json(text), error = otherwise)
}

# The JSON text of a value: a vector of one is a scalar, unless it is marked with I().
to_json <- function(value) as.character(jsonlite::toJSON(value, auto_unbox = TRUE, null = "null", digits = NA))

# A list that is a JSON object even if it is empty.
as_object <- function(members) structure(members, names = as.character(names(members)))

is_object <- function(value) is.list(value) && !is.null(names(value))

# A member of an object, NULL if there is none.
member <- function(object, name) if (is_object(object)) object[[name]]

# Bytes as text in UTF-8.
as_text <- function(bytes) {
  text <- rawToChar(bytes)
  Encoding(text) <- "UTF-8"
  text
}
