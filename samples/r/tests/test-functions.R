# One test a function, without a server.

test_that("hello answers GET and HEAD alone", {
  expect_equal(ask("GET", "/api/hello"), "200 text/plain; charset=utf-8 Hello world")
  expect_equal(ask("HEAD", "/api/hello"), "200 text/plain; charset=utf-8 ")
  expect_equal(ask("POST", "/api/hello"), "405 text/plain; charset=utf-8 Method Not Allowed")
  expect_equal(app()$call(a_request("POST", "/api/hello"))$headers$Allow, "GET, HEAD")
})

test_that("SimpleHttpTrigger greets the name in query or body", {
  # R holds no NUL in a string.
  greetings <- list(
    c("?name=Zo%C3%AB+B", "Zo\u00eb B"), c("?name=a=b", "a=b"), c("?name=a%00b", "a\ufffdb"),
    c("?name=", "world"), c("?name", "world"), c("", "world")
  )
  for (given in greetings) {
    expect_equal(ask("GET", "/api/SimpleHttpTrigger", given[1L]), paste0("200 text/plain; charset=utf-8 Hello, ", given[2L], "!"))
  }
  expect_equal(ask("POST", "/api/SimpleHttpTrigger", body = '{"name":"Ada"}'), "200 text/plain; charset=utf-8 Hello, Ada!")
  for (body in list("", "name=Ada", "null", '["name"]', '{"name":""}', '{"name":7}', as.raw(c(0xff, 0x00)))) {
    expect_equal(
      ask("POST", "/api/SimpleHttpTrigger", body = body),
      '400 text/plain; charset=utf-8 Expected a JSON body such as {"name":"Ada"}'
    )
  }
})

test_that("SimpleHttpTriggerWithReturn tells what arrived but no key", {
  arrived <- '200 application/json {"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":%s,"bytes":3,"invocationId":"some-id"}'
  queries <- list(
    c("?a=1&flag=&Code=secret", '{"a":"1","flag":""}'), c("?code=secret", "{}"), c("?a=%ff&a=2", '{"a":"\ufffd"}')
  )
  for (given in queries) {
    answer <- ask("POST", "/api/SimpleHttpTriggerWithReturn", given[1L], as.raw(c(0, 255, 254)))
    expect_equal(answer, sprintf(arrived, given[2L]))
  }
})

test_that("HttpTriggerStringReturnValue answers and queues", {
  expect_equal(
    to_json(http_trigger_string_return_value(an_envelope(list(req = as_object(list()))))),
    paste0(
      '{"Outputs":{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}},"Logs":[],"ReturnValue":"',
      base64("Hello,World"), '"}'
    )
  )
})

test_that("HttpTriggerWithOutputs queues an order or says what is wrong", {
  post <- function(body, params = list(customer = "ada")) {
    to_json(http_trigger_with_outputs(an_envelope(list(req = list(Body = body, Params = params)))))
  }
  expect_match(post('{"order":999999999999999}'), '{\\"accepted\\":999999999999999,', fixed = TRUE)
  # Not a parameter whose name only begins so, and not what has none.
  for (params in list(list(customerId = "ada"), "ada")) {
    expect_match(post('{"order":7}', params), '{\\"accepted\\":7,\\"customer\\":null}', fixed = TRUE)
  }
  order <- ' { "order" : 7,  "item":"gr\u00fcner Tee" } '
  expect_equal(
    post(order),
    paste0(
      '{"Outputs":{"order":"', base64(order), '","res":{"statusCode":201,"headers":{"content-type":"application/json"},',
      '"body":"{\\"accepted\\":7,\\"customer\\":\\"ada\\"}"}},"Logs":["Accepted order 7"],"ReturnValue":null}'
    )
  )
  for (body in c("", "not json", "[7]", "{}", '{"order":"7"}', '{"order":7.5}', '{"order":[7]}', '{"order":1e400}', '{"order":1000000000000000}')) {
    expect_equal(
      post(body),
      paste0(
        '{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},',
        '"body":"{\\"error\\":\\"expected a JSON body with an integer order\\"}"}},"Logs":[],"ReturnValue":null}'
      )
    )
  }
  expect_error(http_trigger_with_outputs(an_envelope(list(req = "an order"))), class = "bad_envelope")
})

test_that("QueueTrigger passes on any text and gives up on one", {
  for (text in c("hello", "test", '"quoted"', "null", "NA", "", '{ "b" : 2 }', "a\\u0000b", "gr\u00fc\u00df")) {
    bytes <- length(charToRaw(text))
    expect_equal(
      to_json(queue_trigger(a_message(text, "2"))),
      paste0('{"Outputs":{},"Logs":["Passed on ', bytes, ' bytes, attempt 2"],"ReturnValue":"', base64(text), '"}')
    )
  }
  by_admin <- queue_trigger(an_envelope(list(message = quoted("by admin"))))
  expect_equal(to_json(by_admin$Logs), '["Passed on 8 bytes, attempt 0"]')
  # A message with such a property has overwritten the count.
  for (count in list(quoted("9"), as_object(list()), "null")) {
    expect_equal(to_json(queue_trigger(a_message("any", count))$Logs), '["Passed on 3 bytes, attempt 0"]')
  }
  expect_error(queue_trigger(a_message("unprocessable", "5")), "^Cannot process, attempt 5$", class = "unprocessable")
  # R holds no NUL in a string, and would pass on half a message.
  expect_error(queue_trigger(an_envelope(list(message = '"a\\u0000b"'))), class = "bad_envelope")
})

test_that("QueueTriggerWithOutputs looks the customer up", {
  # An order that R's integers would not hold.
  for (given in list(c('"Ada"', "Ada"), c('"null"', "null"), c("null", "an unknown customer"))) {
    envelope <- an_envelope(list(message = quoted('{"order":3000000000}'), profile = given[1L]))
    expect_equal(
      to_json(queue_trigger_with_outputs(envelope)),
      paste0(
        '{"Outputs":{"output1":["Order 3000000000: pack","Order 3000000000: bill"]},"Logs":["Order 3000000000"],"ReturnValue":"',
        base64(paste("Order 3000000000 for", given[2L])), '"}'
      )
    )
  }
  hopeless <- a_message('{"order":"x"}', "5")
  expect_error(queue_trigger_with_outputs(hopeless), "^Cannot process, attempt 5$", class = "unprocessable")
  expect_error(queue_trigger_with_outputs(an_envelope(list(message = "null"))), class = "bad_envelope")
})

test_that("BlobTrigger copies bytes", {
  # "null" is the base64 of three bytes.
  for (blob in c("", "aGk=", "null", base64(strrep("x", 1e6)))) {
    result <- blob_trigger(an_envelope(list(blob = blob), list(name = quoted("a b \u00e9.bin"))))
    expect_equal(result$ReturnValue, blob)
    expect_equal(to_json(result$Logs), sprintf('["Copied a b \u00e9.bin, %d bytes"]', length(jsonlite::base64_dec(blob))))
  }
  bad <- an_envelope(list(blob = "a blob"), list(name = quoted("a")))
  expect_error(blob_trigger(bad), class = "bad_envelope")
})

test_that("EventHubTrigger counts events and orders", {
  events <- c('{"order":1}', "", "gr\u00fc\u00df", '{"order":"x"}', '{"order":2}')
  expect_equal(
    to_json(event_hub_trigger(an_envelope(list(messages = quoted(I(events)))))),
    paste0('{"Outputs":{"summary":"', base64('{"events":5,"orders":2}'), '"},"Logs":["Batch of 5 events"],"ReturnValue":null}')
  )
  for (bad in c('["",null]', "{}", '[""', '""')) {
    expect_error(event_hub_trigger(an_envelope(list(messages = bad))), class = "bad_envelope")
  }
})

test_that("TimerTrigger says whether it comes late", {
  for (status in list(NULL, list(Last = "0001-01-01T00:00:00"), list(Last = "0001-01-01T00:00:00+00:00"))) {
    for (late in c("true", "false")) {
      timer <- list(ScheduleStatus = status, IsPastDue = late == "true")
      expect_equal(
        to_json(timer_trigger(an_envelope(list(timer = timer)))),
        paste0(
          '{"Outputs":{"tick":"', base64(sprintf('{"pastDue":%s}', late)), '"},"Logs":["Timer ran, past due: ', late,
          '"],"ReturnValue":null}'
        )
      )
    }
  }
  expect_error(timer_trigger(an_envelope(list(timer = "late"))), class = "bad_envelope")
})
