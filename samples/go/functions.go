package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Attempts is the Metadata of a queue trigger.
//
// DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
// It is for the log alone: a message with a property of that name has put its own value there.
type Attempts struct{ DequeueCount any }

func (a Attempts) count() int {
	count, _ := strconv.Atoi(fmt.Sprint(a.DequeueCount))
	return count
}

// unprocessable is the error for a message that can never be handled.
func (a Attempts) unprocessable() error { return fmt.Errorf("Cannot process, attempt %d", a.count()) }

// httpTriggerStringReturnValue answers over HTTP and queues what it returns.
func httpTriggerStringReturnValue(Envelope[any, any]) (*InvocationResult, error) {
	res := map[string]any{"statusCode": http.StatusCreated, "headers": map[string]string{"header1": "header1Val"}, "body": "my world"}
	return &InvocationResult{Outputs: map[string]any{"res": res}, ReturnValue: []byte("Hello,World")}, nil
}

// OrderRequest is the Data.req of httpTriggerWithOutputs.
//
// Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its route.
type OrderRequest struct {
	Body   string
	Params struct{ Customer string }
}

// httpTriggerWithOutputs queues an order as it came and tells the caller that it did.
func httpTriggerWithOutputs(envelope Envelope[struct{ Req OrderRequest }, any]) (*InvocationResult, error) {
	req := envelope.Data.Req
	// The http output is always set: without it the client would get 200 and {}.
	order, ok := orderIn(req.Body)
	if !ok {
		// A caller's mistake is a successful invocation whose http output says 400.
		return &InvocationResult{Outputs: map[string]any{"res": jsonOutput(http.StatusBadRequest, map[string]string{"error": "expected a JSON body with an integer order"})}}, nil
	}
	res := jsonOutput(http.StatusCreated, map[string]any{"accepted": order, "customer": req.Params.Customer})
	return &InvocationResult{Outputs: map[string]any{"order": []byte(req.Body), "res": res}, Logs: logs("Accepted order %d", order)}, nil
}

// queueTrigger passes a message on from one queue to another.
func queueTrigger(envelope Envelope[struct{ Message Quoted[string] }, Attempts]) (*InvocationResult, error) {
	message := envelope.Data.Message.Value
	if message == "unprocessable" {
		return nil, envelope.Metadata.unprocessable()
	}
	return &InvocationResult{Logs: logs("Passed on %d bytes, attempt %d", len(message), envelope.Metadata.count()), ReturnValue: []byte(message)}, nil
}

// OrderMessage is the Data of queueTriggerWithOutputs.
type OrderMessage struct {
	Message Quoted[string]
	// A blob that does not exist arrives as null.
	Profile Quoted[*string]
}

// queueTriggerWithOutputs turns one order into messages on two queues; the customer's name comes from a blob.
func queueTriggerWithOutputs(envelope Envelope[OrderMessage, Attempts]) (*InvocationResult, error) {
	// Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.
	order, ok := orderIn(envelope.Data.Message.Value)
	if !ok {
		return nil, envelope.Metadata.unprocessable()
	}
	customer := "an unknown customer"
	if profile := envelope.Data.Profile.Value; profile != nil {
		customer = *profile
	}
	return &InvocationResult{
		// The elements of an array output are not decoded: plain text, one message each.
		Outputs:     map[string]any{"output1": []string{fmt.Sprintf("Order %d: pack", order), fmt.Sprintf("Order %d: bill", order)}},
		Logs:        logs("Order %d", order),
		ReturnValue: fmt.Appendf(nil, "Order %d for %s", order, customer),
	}, nil
}

// blobTrigger copies a blob, byte for byte and under its own name.
//
// The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
// encoding/json reads base64 into a []byte.
func blobTrigger(envelope Envelope[struct{ Blob []byte }, struct{ Name Quoted[string] }]) (*InvocationResult, error) {
	return &InvocationResult{Logs: logs("Copied %s, %d bytes", envelope.Metadata.Name.Value, len(envelope.Data.Blob)), ReturnValue: envelope.Data.Blob}, nil
}

// eventHubTrigger counts the events of a batch, and the orders among them.
//
// Data.messages is one string that holds a JSON array of strings, one for each event.
func eventHubTrigger(envelope Envelope[struct{ Messages Quoted[[]string] }, any]) (*InvocationResult, error) {
	events, orders := envelope.Data.Messages.Value, 0
	for _, event := range events {
		if _, ok := orderIn(event); ok {
			orders++
		}
	}
	return &InvocationResult{Outputs: map[string]any{"summary": jsonText(map[string]int{"events": len(events), "orders": orders})}, Logs: logs("Batch of %d events", len(events))}, nil
}

// timerTrigger queues a tick that says whether it comes late.
//
// Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.
func timerTrigger(envelope Envelope[struct{ Timer struct{ IsPastDue bool } }, any]) (*InvocationResult, error) {
	pastDue := envelope.Data.Timer.IsPastDue
	return &InvocationResult{Outputs: map[string]any{"tick": jsonText(map[string]bool{"pastDue": pastDue})}, Logs: logs("Timer ran, past due: %t", pastDue)}, nil
}

// logs is one line for the host's log.
func logs(format string, values ...any) []string { return []string{fmt.Sprintf(format, values...)} }

// orderIn is the order of a JSON text {"order": 7}, and whether there is one that is an integer.
func orderIn(text string) (int64, bool) {
	var message struct{ Order *int64 }
	if json.Unmarshal([]byte(text), &message) != nil || message.Order == nil {
		return 0, false
	}
	return *message.Order, true
}
