package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
)

// routes says which function answers which path, and with which methods.
func routes() http.Handler {
	mux := http.NewServeMux()

	// Forwarded: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included.
	mux.HandleFunc("/api/hello", handle(hello, "GET", "HEAD"))
	mux.HandleFunc("/api/SimpleHttpTrigger", handle(simpleHTTPTrigger, "GET", "POST"))
	mux.HandleFunc("/api/SimpleHttpTriggerWithReturn", handle(simpleHTTPTriggerWithReturn, "GET", "POST"))

	// Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"} as application/json.
	mux.HandleFunc("/HttpTriggerStringReturnValue", invoked(httpTriggerStringReturnValue))
	mux.HandleFunc("/HttpTriggerWithOutputs", invoked(httpTriggerWithOutputs))
	mux.HandleFunc("/QueueTrigger", invoked(queueTrigger))
	mux.HandleFunc("/QueueTriggerWithOutputs", invoked(queueTriggerWithOutputs))
	mux.HandleFunc("/BlobTrigger", invoked(blobTrigger))
	mux.HandleFunc("/EventHubTrigger", invoked(eventHubTrigger))
	mux.HandleFunc("/TimerTrigger", invoked(timerTrigger))

	// The host asks GET / until anything answers: any status means ready, even 404.
	mux.HandleFunc("/", notFound)
	return mux
}

// handle serves a function of requests, for these methods.
func handle(function func(*http.Request, []byte) reply, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			refuseMethod(w, methods)
			return
		}
		// The host sends the envelope chunked, without a Content-Length.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			// The caller went away in the middle of its request: a status says so to whoever reads along.
			textReply(http.StatusBadRequest, "The body ended too early").write(w)
			return
		}
		function(r, body).write(w)
	}
}

// invoked serves a function in default mode.
func invoked(function func(Envelope) (Answer, error)) http.HandlerFunc {
	return handle(func(_ *http.Request, body []byte) reply {
		envelope, err := readEnvelope(body)
		if err != nil {
			return refusal(err)
		}
		answer, err := function(envelope)
		if err != nil {
			return refusal(err)
		}
		return jsonReply(answer.complete())
	}, "POST")
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	textReply(http.StatusNotFound, "Not found").write(w)
}

func refuseMethod(w http.ResponseWriter, methods []string) {
	w.Header().Set("Allow", strings.Join(methods, ", "))
	use := slices.DeleteFunc(slices.Clone(methods), func(method string) bool { return method == "HEAD" })
	textReply(http.StatusMethodNotAllowed, "Use "+strings.Join(use, " or ")).write(w)
}

// refusal is the reply to an invocation that failed.
func refusal(err error) reply {
	// What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
	fmt.Fprintln(os.Stderr, err)
	var bad badEnvelope
	if errors.As(err, &bad) {
		return textReply(http.StatusBadRequest, err.Error())
	}
	// A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.
	return textReply(http.StatusInternalServerError, err.Error())
}
