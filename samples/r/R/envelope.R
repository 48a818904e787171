# The envelope: what the host sends in default mode, and what it expects back.

# Stops because the envelope is not what the host sends; the message says what was expected.
bad_envelope <- function(...) stop(errorCondition(paste0("Expected ", ...), class = "bad_envelope"))

# The envelope in the body of a request: a list of Data and Metadata, each a list, too.
read_envelope <- function(body) {
  envelope <- parse_json(as_text(body))
  if (!is_object(member(envelope, "Data")) || !is_object(member(envelope, "Metadata"))) {
    bad_envelope('a JSON body such as {"Data":{},"Metadata":{}}')
  }
  envelope
}

# The value of one member of Data or Metadata; `fits` says whether it is what the host sends.
decode <- function(section, name, expected, fits) {
  text <- member(section, name)
  # A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
  value <- if (is.character(text)) parse_json(text)
  # R ends a string at a NUL, and would go on with half of it. Backslashes in pairs stand for themselves.
  if (!fits(value) || grepl("(?<!\\\\)(\\\\\\\\)*\\\\u0000", text, perl = TRUE)) {
    bad_envelope("`", name, "` to be ", expected, ", as JSON inside a JSON string")
  }
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

# The value of a JSON text, arrays and objects as lists; NULL if it is not JSON.
parse_json <- function(text) {
  # Not jsonlite::fromJSON: to that a text may also be a file or an address to read from.
  tryCatch(jsonlite::parse_json(text), error = function(e) NULL)
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
