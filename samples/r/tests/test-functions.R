# The replies of every function, without a server.

test_that("hello greets the world as plain text", {
  reply <- hello(a_request())
  expect_equal(reply$status, 200L)
  expect_equal(reply$headers, list("Content-Type" = "text/plain; charset=utf-8"))
  expect_equal(body_of(reply), "Hello world")
})

test_that("SimpleHttpTrigger greets the name in the query", {
  greetings <- list(
    c("", "Hello, world!"),
    c("name=", "Hello, world!"),
    c("Name=Ada", "Hello, world!"),
    c("name=Ada", "Hello, Ada!"),
    c("name=Zo%C3%AB", "Hello, Zo\u00eb!"),
    c("name=Ada+B", "Hello, Ada B!"),
    c("name=A,B", "Hello, A,B!"),
    c("name=A&name=B", "Hello, A,B!"),
    c("name=a=b", "Hello, a=b!"),
    c("name=100%", "Hello, 100%!"),
    c("name=%41%zz%4", "Hello, A%zz%4!"),
    c("name=%ff", "Hello, \ufffd!"),
    c("name=%00", "Hello, \ufffd!"),
    c("&=&name=Ada&=x", "Hello, Ada!")
  )
  for (given in greetings) {
    reply <- simple_http_trigger(a_request(query = given[1L]))
    expect_equal(list(reply$status, body_of(reply)), list(200L, given[2L]), info = given[1L])
  }
})

test_that("SimpleHttpTrigger greets the name in a JSON body", {
  bodies <- c('{"name":"Zo\u00eb"}', ' { "age" : 7, "name" : "Zo\\u00eb" } ', '{"name":1,"name":"Zo\u00eb"}')
  for (body in bodies) {
    expect_equal(body_of(simple_http_trigger(a_request("POST", body = body))), "Hello, Zo\u00eb!", info = body)
  }
})

test_that("SimpleHttpTrigger tells a caller without a name what it expects", {
  bodies <- c(
    "", "Ada", "null", "7", "[]", '"name"', "{}", '{"Name":"Ada"}', '{"names":"Ada"}', '{"name":""}', '{"name":null}',
    '{"name":7}', '{"name":["Ada"]}', '{"name":{"name":"Ada"}}', '{"name":"Ada"} x', '{"name":"Ada",}', '{"name":"a\\u0000"}'
  )
  for (body in bodies) {
    reply <- simple_http_trigger(a_request("POST", body = body))
    expect_equal(list(reply$status, body_of(reply)), list(400L, 'Expected a JSON body such as {"name":"Ada"}'), info = body)
  }
})

test_that("SimpleHttpTriggerWithReturn tells what arrived", {
  request <- a_request("POST", "z=1,2&flag=&CODE=secret&1=%C3%AB+%22&=x", path = "/api/%20x", invocation_id = "42")
  request$body <- as.raw(c(0x00, 0x01, 0xff))
  reply <- simple_http_trigger_with_return(request)
  expect_equal(reply$headers, list("Content-Type" = "application/json"))
  expect_equal(
    body_of(reply),
    paste0(
      '{"method":"POST","path":"/api/%20x","query":{"z":"1,2","flag":"","1":"\u00eb \\"","":"x"},',
      '"bytes":3,"invocationId":"42"}'
    )
  )
})

test_that("SimpleHttpTriggerWithReturn has null for an absent invocation id", {
  expect_equal(
    body_of(simple_http_trigger_with_return(a_request(query = "code=secret"))),
    '{"method":"GET","path":"/api/any","query":{},"bytes":0,"invocationId":null}'
  )
})

test_that("HttpTriggerStringReturnValue answers and queues", {
  expect_equal(
    write_result(http_trigger_string_return_value(an_http_request(""))),
    paste0(
      '{"Outputs":{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}},"Logs":[],"ReturnValue":"',
      base64("Hello,World"), '"}'
    )
  )
})

test_that("HttpTriggerWithOutputs queues the order as it came", {
  bodies <- c('{"order":7,"item":"tea"}', ' {\t"item" : "gr\u00fc\u00df",\r\n "order" :7 }\n', '{"order":8,"order":7}', '{"order":7.0}', '{"order":7e0}')
  for (body in bodies) {
    expect_equal(
      write_result(http_trigger_with_outputs(an_http_request(body))),
      paste0(
        '{"Outputs":{"order":"', base64(body), '","res":{"statusCode":201,"headers":{"content-type":"application/json"},',
        '"body":"{\\"accepted\\":7}"}},"Logs":["Accepted order 7"],"ReturnValue":null}'
      )
    )
  }
})

test_that("HttpTriggerWithOutputs takes every integer of 53 bits", {
  for (order in c("0", "-7", "100000", "2147483648", "-2147483648", "9007199254740991", "-9007199254740991")) {
    result <- http_trigger_with_outputs(an_http_request(paste0('{"order":', order, "}")))
    expect_equal(result$logs, paste("Accepted order", order))
  }
  for (order in c("-0", "-0.0")) {
    expect_equal(http_trigger_with_outputs(an_http_request(paste0('{"order":', order, "}")))$logs, "Accepted order 0")
  }
})

test_that("HttpTriggerWithOutputs reports the caller's mistake", {
  bodies <- c(
    "", "not json", "null", "7", "[]", "{}", '{"Order":7}', '{"orders":7}', '{"order":null}', '{"order":"7"}', '{"order":7.5}',
    '{"order":75e-1}', '{"order":1e400}', '{"order":3000000000.5}', '{"order":"3000000000"}', '{"order":true}', '{"order":[7]}', '{"order":9007199254740992}',
    '{"order":-9007199254740992}', '{"order":123456789012345678901234567890}', '{"order":7} x', '{"order":07}'
  )
  for (body in bodies) {
    expect_equal(
      write_result(http_trigger_with_outputs(an_http_request(body))),
      paste0(
        '{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},',
        '"body":"{\\"error\\":\\"expected a JSON body with an integer order\\"}"}},"Logs":[],"ReturnValue":null}'
      ),
      info = body
    )
  }
  expect_equal(http_trigger_with_outputs(an_envelope(list(req = '{"Method":"POST"}')))$logs, character())
})

test_that("QueueTrigger passes on the same text", {
  messages <- c(
    "", "hello", "test", "[1,2]", '{"a":1}', '{ "b" : 2, "a": 1.50 }', "42", '"quoted"', "true", "null", "NA",
    "2020-01-01T00:00:00Z", "gr\u00fc\u00df", "\U0001f98a\n\t\\", strrep("gr\u00fc\u00df ", 7022)
  )
  for (message in messages) {
    bytes <- length(charToRaw(message))
    expect_equal(
      write_result(queue_trigger(a_message(message))),
      paste0('{"Outputs":{},"Logs":["Passed on ', bytes, ' bytes, attempt 1"],"ReturnValue":"', base64(message), '"}')
    )
  }
})

test_that("QueueTrigger counts no attempt without a DequeueCount", {
  expect_equal(queue_trigger(an_envelope(list(message = nested("by admin"))))$logs, "Passed on 8 bytes, attempt 0")
})

test_that("QueueTrigger refuses the unprocessable", {
  expect_error(queue_trigger(a_message("unprocessable", "3")), "^Cannot process, attempt 3$", class = "unprocessable")
})

test_that("QueueTrigger refuses half a text", {
  # R holds no NUL in a text.
  expect_error(queue_trigger(an_envelope(list(message = json_text('"a\\u0000b"')))), class = "malformed")
})

test_that("QueueTriggerWithOutputs writes to two queues", {
  profiles <- list(
    c('"Ada"', "Ada"), c('"null"', "null"), c('""', ""), c('"Zo\u00eb"', "Zo\u00eb"), c("null", "an unknown customer")
  )
  for (given in profiles) {
    envelope <- an_envelope(list(message = nested('{"order":7,"customer":"ada.txt"}'), profile = json_text(given[1L])))
    expect_equal(
      write_result(queue_trigger_with_outputs(envelope)),
      paste0(
        '{"Outputs":{"output1":["Order 7: pack","Order 7: bill"]},"Logs":["Order 7"],"ReturnValue":"',
        base64(paste0("Order 7 for ", given[2L])), '"}'
      )
    )
  }
})

test_that("QueueTriggerWithOutputs refuses a message without an order", {
  for (message in c('{"order":"x"}', '{"order":7.5}', "{}", "7", "not json", "")) {
    expect_error(
      queue_trigger_with_outputs(a_message(message, "2")), "^Cannot process, attempt 2$",
      class = "unprocessable"
    )
  }
})

test_that("BlobTrigger copies the bytes", {
  for (blob in c("", "aGk=", "null", "1234", "nullnull")) {
    envelope <- an_envelope(list(blob = json_text(blob)), list(name = nested("a b \u00e9.bin")))
    length <- length(jsonlite::base64_dec(blob))
    expect_equal(
      write_result(blob_trigger(envelope)),
      paste0('{"Outputs":{},"Logs":["Copied a b \u00e9.bin, ', length, ' bytes"],"ReturnValue":"', blob, '"}')
    )
  }
})

test_that("BlobTrigger copies 24 MiB", {
  set.seed(1)
  blob <- gsub("\n", "", jsonlite::base64_enc(as.raw(sample(0:255, 24 * 2^20, replace = TRUE))), fixed = TRUE)
  copied <- blob_trigger(an_envelope(list(blob = json_text(blob)), list(name = nested("large.bin"))))
  expect_true(identical(copied$return_value, blob))
  expect_equal(copied$logs, "Copied large.bin, 25165824 bytes")
})

test_that("EventHubTrigger counts events and orders", {
  batches <- list(
    list(character(), 0L),
    list('{"order":7}', 1L),
    list("not json", 0L),
    list(c('{"order":1}', "not json", '{"order":"2"}', "[]", '{ "order" : 3 }', ""), 2L)
  )
  for (given in batches) {
    events <- length(given[[1L]])
    summary <- base64(paste0('{"events":', events, ',"orders":', given[[2L]], "}"))
    expect_equal(
      write_result(event_hub_trigger(an_envelope(list(messages = json_text(json_texts(given[[1L]])))))),
      paste0('{"Outputs":{"summary":"', summary, '"},"Logs":["Batch of ', events, ' events"],"ReturnValue":null}')
    )
  }
})

test_that("TimerTrigger says whether it is late", {
  runs <- list(
    c("false", "null"),
    c("true", '{"Last":"0001-01-01T00:00:00","Next":"2026-11-24T03:00:00+00:00"}'),
    c("false", '{"Last":"2026-11-23T03:00:00.0031+00:00","Next":"2026-11-24T03:00:00+00:00"}')
  )
  for (given in runs) {
    timer <- json_object(Schedule = '{"AdjustForDST":true}', ScheduleStatus = given[2L], IsPastDue = given[1L])
    tick <- base64(paste0('{"pastDue":', given[1L], "}"))
    expect_equal(
      write_result(timer_trigger(an_envelope(list(timer = timer)))),
      paste0('{"Outputs":{"tick":"', tick, '"},"Logs":["Timer ran, past due: ', given[1L], '"],"ReturnValue":null}')
    )
  }
})
