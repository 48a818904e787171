package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// routes says which function answers which method and path.
func routes() http.Handler {
	mux := http.NewServeMux()

	// Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included, and the answer back piece by piece.
	mux.HandleFunc("GET /api/hello", func(w http.ResponseWriter, _ *http.Request) { sendText(w, http.StatusOK, "Hello world") })
	mux.HandleFunc("GET /api/SimpleHttpTrigger", simpleHttpTriggerGet)
	mux.HandleFunc("POST /api/SimpleHttpTrigger", simpleHttpTriggerPost)
	mux.HandleFunc("GET /api/SimpleHttpTriggerWithReturn", simpleHttpTriggerWithReturn)
	mux.HandleFunc("POST /api/SimpleHttpTriggerWithReturn", simpleHttpTriggerWithReturn)
	mux.HandleFunc("GET /api/HttpTriggerWithStreaming", httpTriggerWithStreaming)

	// Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"} as application/json.
	mux.HandleFunc("POST /HttpTriggerStringReturnValue", invoke(httpTriggerStringReturnValue))
	mux.HandleFunc("POST /HttpTriggerWithOutputs", invoke(httpTriggerWithOutputs))
	mux.HandleFunc("POST /QueueTrigger", invoke(queueTrigger))
	mux.HandleFunc("POST /QueueTriggerWithOutputs", invoke(queueTriggerWithOutputs))
	mux.HandleFunc("POST /BlobTrigger", invoke(blobTrigger))
	mux.HandleFunc("POST /EventHubTrigger", invoke(eventHubTrigger))
	mux.HandleFunc("POST /TimerTrigger", invoke(timerTrigger))

	// The host asks GET / until anything answers: any status means ready, even 404.
	return recovered(mux)
}

func simpleHttpTriggerGet(w http.ResponseWriter, r *http.Request) {
	sendText(w, http.StatusOK, fmt.Sprintf("Hello, %s!", cmp.Or(r.URL.Query().Get("name"), "world")))
}

func simpleHttpTriggerPost(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name string }
	if text, _ := io.ReadAll(r.Body); json.Unmarshal(text, &body) != nil || body.Name == "" {
		sendText(w, http.StatusBadRequest, `Expected a JSON body such as {"name":"Ada"}`)
		return
	}
	sendText(w, http.StatusOK, fmt.Sprintf("Hello, %s!", body.Name))
}

func simpleHttpTriggerWithReturn(w http.ResponseWriter, r *http.Request) {
	bytes, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		sendText(w, http.StatusBadRequest, "Cannot read the body")
		return
	}
	query := map[string]string{}
	for name, values := range r.URL.Query() {
		// code carries the function key: never echo a key.
		if !strings.EqualFold(name, "code") {
			query[name] = values[0]
		}
	}
	sendJSON(w, http.StatusOK, map[string]any{"method": r.Method, "path": r.URL.Path, "query": query, "bytes": bytes,
		"invocationId": r.Header.Get("X-Azure-Functions-InvocationId")})
}

// httpTriggerWithStreaming sends server-sent events, each as soon as it is there.
func httpTriggerWithStreaming(w http.ResponseWriter, r *http.Request) {
	query := url.Values{"count": {"3"}, "pauseMs": {"200"}}
	maps.Copy(query, r.URL.Query())
	count, countErr := strconv.Atoi(query.Get("count"))
	pauseMs, pauseErr := strconv.Atoi(query.Get("pauseMs"))
	if countErr != nil || count < 1 || count > 20 || pauseErr != nil || pauseMs < 0 || pauseMs > 2000 {
		sendJSON(w, http.StatusBadRequest, map[string]string{"error": "expected count from 1 to 20 and pauseMs from 0 to 2000"})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for piece := 1; ; piece++ {
		fmt.Fprintf(w, "data: {\"piece\":%d}\n\n", piece)
		_ = http.NewResponseController(w).Flush()
		if piece == count {
			return
		}
		select {
		case <-time.After(time.Duration(pauseMs) * time.Millisecond):
		case <-r.Context().Done():
			// When the caller goes away the host closes the connection: stop, nobody reads on.
			fmt.Printf("Stopped after %d pieces\n", piece)
			return
		}
	}
}

// invoke serves a function in default mode.
func invoke[Data, Metadata any](function func(Envelope[Data, Metadata]) (*InvocationResult, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// The host sends the envelope chunked, without a Content-Length.
		text, readErr := io.ReadAll(r.Body)
		var envelope Envelope[Data, Metadata]
		if err := cmp.Or(readErr, json.Unmarshal(text, &envelope)); err != nil || envelope.Data == nil || envelope.Metadata == nil {
			bad := BadEnvelope{cmp.Or(err, errors.New("one of the two is missing"))}
			log.Print(bad)
			http.Error(w, bad.Error(), http.StatusBadRequest)
			return
		}
		result, err := function(envelope)
		if err != nil {
			// What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
			log.Print(err)
			// A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.
			http.Error(w, "Internal Server Error", http.StatusInternalServerError)
			return
		}
		sendJSON(w, http.StatusOK, result)
	}
}

// recovered keeps a panic from closing the connection, after which the host would send the request again.
//
// A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answering{ResponseWriter: w}
		defer func() {
			if cause := recover(); cause != nil {
				log.Printf("%s %s failed: %v\n%s", r.Method, r.URL.Path, cause, debug.Stack())
				if answer.begun {
					panic(http.ErrAbortHandler) // Half an answer must not look whole: net/http closes the connection.
				}
				http.Error(w, "Internal Server Error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// answering is a response that knows whether it has begun.
type answering struct {
	http.ResponseWriter
	begun bool
}

func (a *answering) begin() http.ResponseWriter {
	a.begun = true
	return a.ResponseWriter
}

func (a *answering) WriteHeader(status int) { a.begin().WriteHeader(status) }

func (a *answering) Write(body []byte) (int, error) { return a.begin().Write(body) }

// Unwrap is for http.ResponseController, which flushes.
func (a *answering) Unwrap() http.ResponseWriter { return a.begin() }

// sendText says that it is text: net/http would guess, and take a name in angle brackets for HTML.
func sendText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // It fails when the caller is gone: there is nobody left to tell.
}

func sendJSON(w http.ResponseWriter, status int, value any) {
	text := jsonText(value) // If it panics, nothing is sent yet.
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
