# The envelope: how the host wraps what a function gets, and how it unwraps what a function gives.

# Stops because the request is not what the host sends; the message says what was expected.
malformed <- function(...) {
  stop(structure(class = c("malformed", "error", "condition"), list(message = paste0("Expected ", ...), call = NULL)))
}

# The envelope in a request's body: {Data, Metadata}, both objects.
read_envelope <- function(bytes) {
  envelope <- parse_json(as_text(bytes))
  data <- member(envelope, "Data")
  metadata <- member(envelope, "Metadata")
  if (!is_object(data) || !is_object(metadata)) malformed('a JSON body such as {"Data":{},"Metadata":{}}')
  list(data = data, metadata = metadata)
}

# The value of one member of Data or Metadata, of which `fits` says whether it is what the host sends.
#
# A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
decode <- function(section, name, expected, fits) {
  text <- member(section, name)
  value <- if (is_text(text)) parse_json(text) else NOT_JSON
  if (!fits(value)) malformed("`", name, "` to be ", expected, ", as JSON inside a JSON string")
  value
}

# Like `decode`, where only a text will do: a queue message, a name.
decode_text <- function(section, name) decode(section, name, "a text", is_text)

# The texts of an array in Data.
decode_texts <- function(section, name) {
  is_texts <- function(value) is_array(value) && all(vapply(value, is_text, NA))
  as.character(decode(section, name, "an array of strings", is_texts))
}

# A member of Data as the object it is: an HTTP request, a timer.
object_in <- function(section, name) {
  object <- member(section, name)
  if (!is_object(object)) malformed("`", name, "` to be an object")
  object
}

# The bytes of a blob trigger.
#
# The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
blob_bytes <- function(section, name) {
  base64 <- member(section, name)
  bytes <- if (is_text(base64)) tryCatch(jsonlite::base64_dec(base64), error = function(e) NULL)
  if (is.null(bytes)) malformed("`", name, "` to be base64")
  bytes
}

# Which attempt at a message this is, from Metadata.
#
# DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
attempt_of <- function(metadata) {
  if (is.null(member(metadata, "DequeueCount"))) return(0L)
  decode(metadata, "DequeueCount", "a number", function(value) is.integer(value) && value >= 0L)
}

# What to give the host so that a queue or blob gets exactly these bytes, or this text as UTF-8.
#
# The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
output_bytes <- function(content) {
  bytes <- if (is.raw(content)) content else charToRaw(enc2utf8(content))
  # Older versions of jsonlite break the lines.
  gsub("\n", "", jsonlite::base64_enc(bytes), fixed = TRUE)
}

# The JSON text of an http output whose body is this JSON text.
#
# The body is a string: an object would arrive indented, as text/plain.
http_output <- function(status, json) {
  json_object(
    statusCode = status,
    headers = json_object("content-type" = json_text("application/json")),
    body = json_text(json)
  )
}

# What a function gives: the JSON text of each output by its name, lines for the log, a text to return.
result <- function(outputs = list(), logs = character(), return_value = NULL) {
  list(outputs = outputs, logs = logs, return_value = return_value)
}

# The JSON text of what the host expects back.
#
# The host prints each line of Logs under the category Function.<Name>.User.
write_result <- function(result) {
  json_object(
    Outputs = json_members(result$outputs),
    Logs = json_texts(result$logs),
    ReturnValue = if (is.null(result$return_value)) "null" else json_text(result$return_value)
  )
}
