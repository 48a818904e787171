# The functions in default mode, without a server.

test_that("HttpTriggerStringReturnValue answers and queues", {
  result <- http_trigger_string_return_value(an_envelope(list(req = as_object(list()))))
  expect_equal(
    to_json(result),
    paste0(
      '{"Outputs":{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}},"Logs":[],"ReturnValue":"',
      base64("Hello,World"), '"}'
    )
  )
})

test_that("HttpTriggerWithOutputs queues the order as it came", {
  body <- ' { "order" : 7,  "item":"gr\u00fcner Tee" } '
  result <- http_trigger_with_outputs(an_envelope(list(req = list(Body = body, Params = list(customer = "ada")))))
  expect_equal(result$Outputs$order, base64(body))
  expect_equal(result$Outputs$res, json_output(201L, list(accepted = 7L, customer = "ada")))
  expect_equal(result$Outputs$res$body, '{"accepted":7,"customer":"ada"}')
  expect_equal(to_json(result$Logs), '["Accepted order 7"]')
})

test_that("HttpTriggerWithOutputs tells the caller what is wrong", {
  for (body in list(NULL, "not json", "[7]", "null", '{"item":"tea"}', '{"order":"7"}', '{"order":7.5}', '{"order":[7]}', '{"order":1e400}')) {
    result <- http_trigger_with_outputs(an_envelope(list(req = c(list(Body = body), list(Params = list(customer = "ada"))))))
    expect_equal(
      to_json(result),
      paste0(
        '{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},',
        '"body":"{\\"error\\":\\"expected a JSON body with an integer order\\"}"}},"Logs":[],"ReturnValue":null}'
      )
    )
  }
})

test_that("QueueTrigger passes on the same text", {
  for (message in c("", "test", "[1,2]", '{ "b" : 2, "a": 1.50 }', '"quoted"', "null", "NA", "a\\u0000b", "gr\u00fc\u00df", strrep("x", 49152))) {
    bytes <- length(charToRaw(message))
    expect_equal(
      to_json(queue_trigger(a_message(message, "2"))),
      paste0('{"Outputs":{},"Logs":["Passed on ', bytes, ' bytes, attempt 2"],"ReturnValue":"', base64(message), '"}')
    )
  }
})

test_that("QueueTrigger counts no attempt when invoked by hand", {
  result <- queue_trigger(an_envelope(list(message = nested("by admin"))))
  expect_equal(to_json(result$Logs), '["Passed on 8 bytes, attempt 0"]')
})

test_that("QueueTrigger gives up on the unprocessable", {
  expect_error(queue_trigger(a_message("unprocessable", "3")), "^Cannot process, attempt 3$", class = "unprocessable")
})

test_that("QueueTrigger refuses half a message", {
  # R holds no NUL in a string.
  expect_error(queue_trigger(an_envelope(list(message = '"a\\u0000b"'))), class = "bad_envelope")
})

test_that("QueueTriggerWithOutputs writes to two queues", {
  profiles <- list(c('"Ada"', "Ada"), c('"null"', "null"), c("null", "an unknown customer"))
  for (given in profiles) {
    envelope <- an_envelope(list(message = nested('{"order":3000000000,"customer":"ada.txt"}'), profile = given[1L]))
    expect_equal(
      to_json(queue_trigger_with_outputs(envelope)),
      paste0(
        '{"Outputs":{"output1":["Order 3000000000: pack","Order 3000000000: bill"]},"Logs":["Order 3000000000"],"ReturnValue":"',
        base64(paste("Order 3000000000 for", given[2L])), '"}'
      )
    )
  }
  expect_error(queue_trigger_with_outputs(a_message('{"order":"x"}', "5")), class = "unprocessable")
  expect_error(queue_trigger_with_outputs(an_envelope(list(message = "null"))), class = "bad_envelope")
})

test_that("BlobTrigger copies the bytes", {
  # "null" is the base64 of three bytes.
  for (blob in c("", "null", gsub("\n", "", jsonlite::base64_enc(raw(8 * 2^20)), fixed = TRUE))) {
    result <- blob_trigger(an_envelope(list(blob = blob), list(name = nested("a b \u00e9.bin"))))
    expect_true(identical(result$ReturnValue, blob))
    expect_equal(to_json(result$Logs), paste0('["Copied a b \u00e9.bin, ', length(jsonlite::base64_dec(blob)), ' bytes"]'))
  }
  bad <- an_envelope(list(blob = "a blob"), list(name = nested("a")))
  expect_error(blob_trigger(bad), class = "bad_envelope")
})

test_that("EventHubTrigger counts events and orders", {
  events <- c('{"order":1}', "not json", '{"order":"2"}', "[]", '{ "order" : 3 }')
  expect_equal(
    to_json(event_hub_trigger(an_envelope(list(messages = nested(I(events)))))),
    paste0('{"Outputs":{"summary":"', base64('{"events":5,"orders":2}'), '"},"Logs":["Batch of 5 events"],"ReturnValue":null}')
  )
  for (bad in c('["",null]', "{}", '[""', '""')) {
    expect_error(event_hub_trigger(an_envelope(list(messages = bad))), class = "bad_envelope")
  }
})

test_that("TimerTrigger says whether it is late", {
  for (status in list(NULL, list(Last = "0001-01-01T00:00:00"), list(Last = "0001-01-01T00:00:00+00:00"))) {
    timer <- list(ScheduleStatus = status, IsPastDue = TRUE)
    expect_equal(
      to_json(timer_trigger(an_envelope(list(timer = timer)))),
      paste0('{"Outputs":{"tick":"', base64('{"pastDue":true}'), '"},"Logs":["Timer ran, past due: true"],"ReturnValue":null}')
    )
  }
  expect_error(timer_trigger(an_envelope(list(timer = "late"))), class = "bad_envelope")
})
