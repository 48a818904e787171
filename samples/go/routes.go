package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// routes says which function answers which method and path.
func routes() http.Handler {
	mux := http.NewServeMux()

	// Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included, and the answer back piece by piece.
	mux.HandleFunc("GET /api/hello", hello)
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

func hello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "Hello world") // net/http says text/plain; charset=utf-8, as for every text.
}

func simpleHttpTriggerGet(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "Hello, %s!", cmp.Or(r.URL.Query().Get("name"), "world"))
}

func simpleHttpTriggerPost(w http.ResponseWriter, r *http.Request) {
	var body struct{ Name string }
	if text, _ := io.ReadAll(r.Body); json.Unmarshal(text, &body) != nil || body.Name == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `Expected a JSON body such as {"name":"Ada"}`)
		return
	}
	fmt.Fprintf(w, "Hello, %s!", body.Name)
}

func simpleHttpTriggerWithReturn(w http.ResponseWriter, r *http.Request) {
	bytes, _ := io.Copy(io.Discard, r.Body)
	query := map[string]string{}
	for name, values := range r.URL.Query() {
		// code carries the function key: never echo a key.
		if !strings.EqualFold(name, "code") {
			query[name] = values[0]
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"method": r.Method, "path": r.URL.Path, "query": query, "bytes": bytes,
		"invocationId": r.Header.Get("X-Azure-Functions-InvocationId")})
}

// httpTriggerWithStreaming sends server-sent events, each as soon as it is there.
func httpTriggerWithStreaming(w http.ResponseWriter, r *http.Request) {
	count, countOK := number(r, "count", 3, 1, 20)
	pauseMs, pauseOK := number(r, "pauseMs", 200, 0, 2000)
	if !countOK || !pauseOK {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "expected count from 1 to 20 and pauseMs from 0 to 2000"})
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

// number is a whole number in the query, and whether it is one within its range.
func number(r *http.Request, name string, missing, least, most int) (int, bool) {
	if !r.URL.Query().Has(name) {
		return missing, true
	}
	value, err := strconv.Atoi(r.URL.Query().Get(name))
	return value, err == nil && least <= value && value <= most
}

// invoke serves a function in default mode.
func invoke[Data, Metadata any](function func(Envelope[Data, Metadata]) (*InvocationResult, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		envelope, err := readEnvelope[Data, Metadata](r.Body)
		if err != nil {
			log.Print(err)
			http.Error(w, err.Error(), http.StatusBadRequest)
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
		writeJSON(w, http.StatusOK, result)
	}
}

// recovered keeps a panic from closing the connection, after which the host would send the request again.
//
// A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause == http.ErrAbortHandler {
				panic(cause) // It asks net/http to close the connection.
			} else if cause != nil {
				log.Printf("%s %s failed: %v\n%s", r.Method, r.URL.Path, cause, debug.Stack())
				http.Error(w, "Internal Server Error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(jsonText(value)) // It fails when the caller is gone: there is nobody left to tell.
}
