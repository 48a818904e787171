# Which function answers, and what becomes of a request nobody can answer.

reply_to <- function(path, body) {
  reply <- NULL
  # The complaint on stderr is not shown.
  capture.output(reply <- handle(a_request("POST", body = body, path = path)), type = "message")
  paste(reply$status, body_of(reply))
}

test_that("an unknown path is not found", {
  for (path in c("/", "", "/api", "/api/hell", "/api/hello/", "/hello", "/QueueTrigger/x", "/api/QueueTrigger")) {
    expect_equal(handle(a_request(path = path))$status, 404L, info = path)
  }
})

test_that("another method is not allowed", {
  refusals <- list(
    c("POST", "/api/hello", "GET, HEAD", "Use GET"),
    c("PUT", "/api/SimpleHttpTrigger", "GET, POST", "Use GET or POST"),
    c("DELETE", "/api/SimpleHttpTriggerWithReturn", "GET, POST", "Use GET or POST"),
    c("GET", "/QueueTrigger", "POST", "Use POST"),
    c("HEAD", "/TimerTrigger", "POST", "Use POST")
  )
  for (given in refusals) {
    reply <- handle(a_request(given[1L], path = given[2L]))
    expect_equal(list(reply$status, reply$headers$Allow, body_of(reply)), list(405L, given[3L], given[4L]))
  }
})

test_that("what is no envelope is a bad request", {
  bodies <- c("", "x", "[]", "{}", '{"Data":{}}', '{"data":{},"metadata":{}}', '{"Data":1,"Metadata":{}}', '{"Data":[],"Metadata":{}}')
  for (body in bodies) {
    expect_equal(
      reply_to("/HttpTriggerStringReturnValue", body),
      '400 Expected a JSON body such as {"Data":{},"Metadata":{}}',
      info = body
    )
  }
})

test_that("an envelope without what the function needs is a bad request", {
  refusals <- list(
    c("/HttpTriggerWithOutputs", "{}", "{}", "`req` to be an object"),
    c("/QueueTrigger", "{}", "{}", "`message` to be a text, as JSON inside a JSON string"),
    c("/QueueTrigger", '{"message":"hello"}', "{}", "`message` to be a text, as JSON inside a JSON string"),
    c("/QueueTrigger", '{"message":"7"}', "{}", "`message` to be a text, as JSON inside a JSON string"),
    c("/QueueTrigger", '{"message":"null"}', "{}", "`message` to be a text, as JSON inside a JSON string"),
    c("/QueueTrigger", '{"message":"\\"a\\""}', '{"DequeueCount":"x"}', "`DequeueCount` to be a number, as JSON inside a JSON string"),
    c("/QueueTriggerWithOutputs", '{"message":"\\"{\\\\\\"order\\\\\\":7}\\""}', "{}", "`profile` to be a text or null, as JSON inside a JSON string"),
    c("/BlobTrigger", '{"blob":"a?=="}', '{"name":"\\"a\\""}', "`blob` to be base64"),
    c("/BlobTrigger", '{"blob":"aGk="}', "{}", "`name` to be a text, as JSON inside a JSON string"),
    c("/EventHubTrigger", '{"messages":"{}"}', "{}", "`messages` to be an array of strings, as JSON inside a JSON string"),
    c("/EventHubTrigger", '{"messages":"[1]"}', "{}", "`messages` to be an array of strings, as JSON inside a JSON string"),
    c("/TimerTrigger", '{"timer":"x"}', "{}", "`timer` to be an object"),
    c("/TimerTrigger", '{"timer":{"IsPastDue":"true"}}', "{}", "`timer` to have a boolean IsPastDue")
  )
  for (given in refusals) {
    envelope <- paste0('{"Data":', given[2L], ',"Metadata":', given[3L], "}")
    expect_equal(reply_to(given[1L], envelope), paste("400 Expected", given[4L]), info = envelope)
  }
})

test_that("a message nobody can handle is a server error", {
  envelope <- '{"Data":{"message":"\\"unprocessable\\""},"Metadata":{"DequeueCount":"5"}}'
  expect_equal(reply_to("/QueueTrigger", envelope), "500 Cannot process, attempt 5")
})
