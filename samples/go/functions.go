package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
)

// Forwarded functions: a plain request with its body read, and the reply to it.

func hello(*http.Request, []byte) reply {
	return textReply(http.StatusOK, "Hello world")
}

// simpleHTTPTrigger greets the name in the query of a GET or in the JSON body of a POST.
func simpleHTTPTrigger(r *http.Request, body []byte) reply {
	var name string
	if r.Method == http.MethodGet {
		if name = parseQuery(r.URL.RawQuery).get("name"); name == "" {
			name = "world"
		}
	} else {
		var object members
		err := json.Unmarshal(body, &object)
		if name, _ = object.text("name"); err != nil || name == "" {
			return textReply(http.StatusBadRequest, `Expected a JSON body such as {"name":"Ada"}`)
		}
	}
	return textReply(http.StatusOK, fmt.Sprintf("Hello, %s!", name))
}

// simpleHTTPTriggerWithReturn tells the caller what arrived.
func simpleHTTPTriggerWithReturn(r *http.Request, body []byte) reply {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	var invocationID *string
	if ids := r.Header.Values("X-Azure-Functions-InvocationId"); len(ids) > 0 {
		invocationID = &ids[0]
	}
	return jsonReply(struct {
		Method       string  `json:"method"`
		Path         string  `json:"path"`
		Query        query   `json:"query"`
		Bytes        int     `json:"bytes"`
		InvocationID *string `json:"invocationId"`
	}{
		r.Method,
		path,
		// code carries the function key: never echo a key.
		slices.DeleteFunc(parseQuery(r.URL.RawQuery), func(p parameter) bool { return strings.EqualFold(p.name, "code") }),
		len(body),
		invocationID,
	})
}

// Functions in default mode: an envelope, and the answer to it.

// httpTriggerStringReturnValue answers over HTTP and queues what it returns.
func httpTriggerStringReturnValue(Envelope) (Answer, error) {
	return Answer{
		Outputs: map[string]any{
			"res": httpOutput{http.StatusCreated, map[string]string{"header1": "header1Val"}, "my world"},
		},
		ReturnValue: outputBytes("Hello,World"),
	}, nil
}

// httpTriggerWithOutputs queues an order as it came and tells the caller that it did.
func httpTriggerWithOutputs(envelope Envelope) (Answer, error) {
	request, err := envelope.Data.object("req")
	if err != nil {
		return Answer{}, err
	}
	// Inside Data.req strings are plain: Body is the request's text as it came.
	body, _ := request.text("Body")
	order, ok := orderIn(body)
	// The http output is always set: without it the client would get 200 and {}.
	if !ok {
		// A caller's mistake is a successful invocation whose http output says 400.
		mistake := map[string]string{"error": "expected a JSON body with an integer order"}
		return Answer{Outputs: map[string]any{"res": jsonOutput(http.StatusBadRequest, mistake)}}, nil
	}
	return Answer{
		Outputs: map[string]any{
			"order": outputBytes(body),
			"res":   jsonOutput(http.StatusCreated, map[string]int64{"accepted": order}),
		},
		Logs: []string{fmt.Sprintf("Accepted order %d", order)},
	}, nil
}

// queueTrigger passes a message on from one queue to another.
func queueTrigger(envelope Envelope) (Answer, error) {
	message, err := envelope.Data.decodeText("message")
	if err != nil {
		return Answer{}, err
	}
	attempt, err := envelope.attempt()
	if err != nil {
		return Answer{}, err
	}
	if message == "unprocessable" {
		return Answer{}, unprocessable{attempt}
	}
	return Answer{
		Logs:        []string{fmt.Sprintf("Passed on %d bytes, attempt %d", len(message), attempt)},
		ReturnValue: outputBytes(message),
	}, nil
}

// queueTriggerWithOutputs turns one order into messages on two queues; the customer's name comes from a blob.
func queueTriggerWithOutputs(envelope Envelope) (Answer, error) {
	message, err := envelope.Data.decodeText("message")
	if err != nil {
		return Answer{}, err
	}
	attempt, err := envelope.attempt()
	if err != nil {
		return Answer{}, err
	}
	// Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id.
	order, ok := orderIn(message)
	if !ok {
		return Answer{}, unprocessable{attempt}
	}
	customer := "an unknown customer"
	// A blob that does not exist arrives as null.
	var profile *string
	if err := envelope.Data.decode("profile", &profile, "a text or null"); err != nil {
		return Answer{}, err
	}
	if profile != nil {
		customer = *profile
	}
	return Answer{
		Outputs: map[string]any{
			// The elements of an array output are not decoded: plain text, one message each.
			"output1": []string{fmt.Sprintf("Order %d: pack", order), fmt.Sprintf("Order %d: bill", order)},
		},
		Logs:        []string{fmt.Sprintf("Order %d", order)},
		ReturnValue: outputBytes(fmt.Sprintf("Order %d for %s", order, customer)),
	}, nil
}

// blobTrigger copies a blob, byte for byte and under its own name.
func blobTrigger(envelope Envelope) (Answer, error) {
	blob, err := envelope.Data.blobBytes("blob")
	if err != nil {
		return Answer{}, err
	}
	name, err := envelope.Metadata.decodeText("name")
	if err != nil {
		return Answer{}, err
	}
	return Answer{
		Logs:        []string{fmt.Sprintf("Copied %s, %d bytes", name, len(blob))},
		ReturnValue: outputBytes(blob),
	}, nil
}

// eventHubTrigger counts the events of a batch, and the orders among them.
func eventHubTrigger(envelope Envelope) (Answer, error) {
	// Data.messages is one string that holds a JSON array of strings, one for each event.
	var events notNull[[]notNull[string]]
	if err := envelope.Data.decode("messages", &events, "an array of strings"); err != nil {
		return Answer{}, err
	}
	orders := 0
	for _, event := range events.value {
		if _, ok := orderIn(event.value); ok {
			orders++
		}
	}
	summary := struct {
		Events int `json:"events"`
		Orders int `json:"orders"`
	}{len(events.value), orders}
	return Answer{
		Outputs: map[string]any{"summary": outputBytes(jsonText(summary))},
		Logs:    []string{fmt.Sprintf("Batch of %d events", len(events.value))},
	}, nil
}

// timerTrigger queues a tick that says whether it comes late.
//
// Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00 without an offset.
func timerTrigger(envelope Envelope) (Answer, error) {
	timer, err := envelope.Data.object("timer")
	if err != nil {
		return Answer{}, err
	}
	var pastDue *bool
	if err := json.Unmarshal(timer["IsPastDue"], &pastDue); err != nil || pastDue == nil {
		return Answer{}, badEnvelope("Expected `timer` to have a boolean IsPastDue")
	}
	return Answer{
		Outputs: map[string]any{"tick": outputBytes(jsonText(map[string]bool{"pastDue": *pastDue}))},
		Logs:    []string{fmt.Sprintf("Timer ran, past due: %t", *pastDue)},
	}, nil
}

// unprocessable is a message that no attempt will get done.
type unprocessable struct{ attempt uint }

func (u unprocessable) Error() string { return fmt.Sprintf("Cannot process, attempt %d", u.attempt) }

// maxOrder is the largest integer that every JSON reader has exactly: 53 bits.
const maxOrder = 1<<53 - 1

// orderIn is the order of a JSON text {"order": 7}, and whether there is one that is an integer of no more than 53 bits.
func orderIn(jsonText string) (int64, bool) {
	var object members
	var order notNull[float64]
	if json.Unmarshal([]byte(jsonText), &object) != nil || json.Unmarshal(object["order"], &order) != nil {
		return 0, false
	}
	return int64(order.value), order.value == math.Trunc(order.value) && math.Abs(order.value) <= maxOrder
}
