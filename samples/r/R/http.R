# Requests and replies of plain HTTP.

# A request {method, path, query, invocation_id, body}, the body as bytes, the query with its escapes.
read_request <- function(env) {
  list(
    method = env$REQUEST_METHOD,
    path = env$PATH_INFO,
    query = sub("^\\?", "", env$QUERY_STRING),
    invocation_id = env$HTTP_X_AZURE_FUNCTIONS_INVOCATIONID,
    # The host sends the envelope chunked, without a Content-Length.
    body = env$rook.input$read()
  )
}

# The reply {status, headers, body} with a text in it.
text_reply <- function(status, text, headers = list()) {
  headers <- c(list("Content-Type" = "text/plain; charset=utf-8"), headers)
  list(status = status, headers = headers, body = charToRaw(enc2utf8(text)))
}

# The reply 200 with this JSON text in it.
json_reply <- function(json) {
  list(status = 200L, headers = list("Content-Type" = "application/json"), body = charToRaw(json))
}

# Bytes as text. What is no UTF-8, or no character for R, becomes U+FFFD.
as_text <- function(bytes) {
  bytes[bytes == as.raw(0L)] <- as.raw(0xffL)
  text <- rawToChar(bytes)
  Encoding(text) <- "UTF-8"
  if (validUTF8(text)) text else iconv(text, "UTF-8", "UTF-8", sub = "\ufffd")
}

# The query as a list in its own order; a name given again is joined by a comma, as the host does it.
parse_query <- function(query) {
  parsed <- list()
  for (pair in strsplit(query, "&", fixed = TRUE)[[1L]]) {
    if (pair == "") next
    name <- decode_escapes(sub("=.*", "", pair))
    value <- if (grepl("=", pair, fixed = TRUE)) decode_escapes(sub("^[^=]*=", "", pair)) else ""
    # By place, because a list finds no name that is empty.
    at <- match(name, names(parsed))
    if (is.na(at)) {
      parsed <- c(parsed, stats::setNames(list(value), name))
    } else {
      parsed[[at]] <- paste0(parsed[[at]], ",", value)
    }
  }
  parsed
}

# A `+` is a blank, and an escape that is none stays as it is written.
decode_escapes <- function(text) {
  bytes <- charToRaw(chartr("+", " ", text))
  at <- as.integer(gregexpr("%[0-9A-Fa-f]{2}", text, useBytes = TRUE)[[1L]])
  if (at[1L] != -1L) {
    bytes[at] <- as.raw(strtoi(substring(text, at + 1L, at + 2L), base = 16L))
    bytes <- bytes[-c(at + 1L, at + 2L)]
  }
  as_text(bytes)
}
