invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))

for (part in c("envelope.R", "functions.R", "routes.R")) {
  source(file.path("..", "R", part), encoding = "UTF-8", local = FALSE)
}

base64 <- function(text) gsub("\n", "", jsonlite::base64_enc(charToRaw(enc2utf8(text))), fixed = TRUE)

# An envelope as the host sends it: lists of what stands in Data and Metadata, made JSON and read again.
an_envelope <- function(data = list(), metadata = list()) {
  read_envelope(charToRaw(enc2utf8(to_json(list(Data = as_object(data), Metadata = as_object(metadata))))))
}

# A value as the host sends it: JSON inside a JSON string.
quoted <- function(value) to_json(value)

a_message <- function(text, attempt = "1") an_envelope(list(message = quoted(text)), list(DequeueCount = attempt))

a_request <- function(method, path, query = "", body = "") {
  bytes <- if (is.raw(body)) body else charToRaw(enc2utf8(body))
  list(
    REQUEST_METHOD = method, PATH_INFO = path, QUERY_STRING = query, HTTP_X_AZURE_FUNCTIONS_INVOCATIONID = "some-id",
    rook.input = list(read = function() bytes)
  )
}

# What the handler answers to a request: status, content type and body.
ask <- function(..., table = routes()) {
  reply <- app(table)$call(a_request(...))
  paste(reply$status, reply$headers[["Content-Type"]], as_text(reply$body))
}
