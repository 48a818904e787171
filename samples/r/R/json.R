# JSON by the rules that hold in this handler.
#
# jsonlite makes arrays of scalars, or scalars of one-element arrays; so objects are put together here, of members that
# are JSON text already, and nothing is left to guessing.

# The largest integer that every JSON library can hold: 2^53 - 1.
LARGEST_INTEGER <- 2^53 - 1

# What parse_json gives for a text that is not JSON, since NULL is what it gives for null.
NOT_JSON <- structure(list(), class = "not_json")

# The value of a JSON text. Arrays and objects are lists, those of objects with names.
parse_json <- function(text) {
  # R ends a string at a NUL, and would go on with half of it.
  if (is.null(text) || grepl("\\u0000", text, fixed = TRUE)) return(NOT_JSON)
  # Not jsonlite::fromJSON: to that a text may also be a file or an address to read from.
  tryCatch(jsonlite::parse_json(text), error = function(e) NOT_JSON)
}

is_json <- function(value) !inherits(value, "not_json")

is_object <- function(value) is_json(value) && is.list(value) && !is.null(names(value))

is_array <- function(value) is_json(value) && is.list(value) && is.null(names(value))

is_text <- function(value) is.character(value) && length(value) == 1L

# A member of an object, NULL where there is none. Of a name given twice the last one counts.
member <- function(object, name) {
  at <- if (is_object(object)) which(names(object) == name)
  if (length(at) > 0L) object[[max(at)]]
}

# The integer `name` of a JSON text, as text; NULL where there is none, or no integer, or one past 53 bits.
integer_in <- function(text, name) {
  value <- member(parse_json(text), name)
  # Adding 0 makes 0 of -0.
  if (is.numeric(value) && value == trunc(value) && abs(value) <= LARGEST_INTEGER) sprintf("%.0f", value + 0)
}

# The JSON text of a text.
json_text <- function(text) as.character(jsonlite::toJSON(jsonlite::unbox(text)))

# The JSON text of an array of texts, of one or none as well.
json_texts <- function(texts) as.character(jsonlite::toJSON(as.character(texts)))

# The JSON text of an object whose members are JSON texts.
json_object <- function(...) json_members(list(...))

json_members <- function(members) {
  names <- vapply(names(members), json_text, "")
  paste0("{", paste0(names, rep(":", length(members)), unlist(members), collapse = ","), "}")
}
