invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))

for (part in c("json.R", "http.R", "envelope.R", "functions.R", "routes.R")) {
  source(file.path("..", "R", part), encoding = "UTF-8", local = FALSE)
}

base64 <- function(text) gsub("\n", "", jsonlite::base64_enc(charToRaw(enc2utf8(text))), fixed = TRUE)

body_of <- function(reply) as_text(reply$body)

a_request <- function(method = "GET", query = "", body = "", path = "/api/any", invocation_id = NULL) {
  list(method = method, path = path, query = query, invocation_id = invocation_id, body = charToRaw(enc2utf8(body)))
}

# An envelope of members that are JSON text; it takes the way over the wire, so that a test says what a host could send.
an_envelope <- function(data = list(), metadata = list()) {
  read_envelope(charToRaw(enc2utf8(json_object(Data = json_members(data), Metadata = json_members(metadata)))))
}

# A text as the host puts it into Data and Metadata: JSON text inside a JSON string.
nested <- function(text) json_text(json_text(text))

a_message <- function(text, attempt = "1") {
  an_envelope(list(message = nested(text)), list(DequeueCount = json_text(attempt)))
}

an_http_request <- function(body) an_envelope(list(req = json_object(Method = json_text("POST"), Body = json_text(body))))
