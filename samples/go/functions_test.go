package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// ask sends a request to the routes, without a server.
func ask(handler http.Handler, method, target, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorder
}

func expectText(t *testing.T, reply *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if reply.Code != status || reply.Body.String() != body {
		t.Errorf("received %d %q, expected %d %q", reply.Code, reply.Body, status, body)
	}
}

func expectJSON(t *testing.T, text, expected string) {
	t.Helper()
	var a, b any
	if json.Unmarshal([]byte(text), &a) != nil || json.Unmarshal([]byte(expected), &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("received %s, expected %s", text, expected)
	}
}

func expectResult(t *testing.T, path, envelope, expected string) {
	t.Helper()
	reply := ask(routes(), "POST", path, envelope)
	if reply.Code != http.StatusOK || reply.Header().Get("Content-Type") != "application/json" {
		t.Errorf("received %d %s", reply.Code, reply.Header())
	}
	expectJSON(t, reply.Body.String(), expected)
}

// quoted is a value as the host sends it: JSON inside a JSON string.
func quoted(value any) string { return string(jsonText(string(jsonText(value)))) }

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestHelloAnswersGetAndHeadAlone(t *testing.T) {
	reply := ask(routes(), "GET", "/api/hello", "")
	expectText(t, reply, http.StatusOK, "Hello world")
	if contentType := reply.Header().Get("Content-Type"); contentType != "text/plain; charset=utf-8" {
		t.Errorf("received the content type %q", contentType)
	}
	if reply := ask(routes(), "HEAD", "/api/hello", ""); reply.Code != http.StatusOK {
		t.Errorf("received %d for HEAD", reply.Code)
	}
	reply = ask(routes(), "POST", "/api/hello", "")
	if reply.Code != http.StatusMethodNotAllowed || !strings.Contains(reply.Header().Get("Allow"), "GET") {
		t.Errorf("received %d %s for POST", reply.Code, reply.Header())
	}
}

func TestSimpleHttpTriggerGreetsTheNameInQueryOrBody(t *testing.T) {
	for query, greeting := range map[string]string{"?name=Zo%C3%AB+B": "Hello, Zoë B!", "?name=": "Hello, world!", "": "Hello, world!"} {
		expectText(t, ask(routes(), "GET", "/api/SimpleHttpTrigger"+query, ""), http.StatusOK, greeting)
	}
	expectText(t, ask(routes(), "POST", "/api/SimpleHttpTrigger", `{"name":"Ada"}`), http.StatusOK, "Hello, Ada!")
	for _, body := range []string{"", "name=Ada", `{"name":"Ada"}//`, "{}", `{"name":""}`, `{"name":7}`, `["name"]`} {
		expectText(t, ask(routes(), "POST", "/api/SimpleHttpTrigger", body), http.StatusBadRequest, `Expected a JSON body such as {"name":"Ada"}`)
	}
}

func TestSimpleHttpTriggerWithReturnTellsWhatArrivedButNoKey(t *testing.T) {
	request := httptest.NewRequest("POST", "/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret", strings.NewReader("\x00ÿ"))
	request.Header.Set("X-Azure-Functions-InvocationId", "some-id")
	reply := httptest.NewRecorder()
	routes().ServeHTTP(reply, request)
	expectJSON(t, reply.Body.String(),
		`{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1","flag":""},"bytes":3,"invocationId":"some-id"}`)
}

func TestHttpTriggerWithStreamingSendsEachEventWhenItIsThere(t *testing.T) {
	expectText(t, ask(routes(), "GET", "/api/HttpTriggerWithStreaming?count=2&pauseMs=0", ""), http.StatusOK,
		"data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n")
	for _, query := range []string{"count=0", "count=21", "count=x", "count=", "pauseMs=-1", "pauseMs=2001", "pauseMs="} {
		expectText(t, ask(routes(), "GET", "/api/HttpTriggerWithStreaming?"+query, ""), http.StatusBadRequest,
			`{"error":"expected count from 1 to 20 and pauseMs from 0 to 2000"}`)
	}
	server := httptest.NewServer(routes())
	defer server.Close()
	reply, err := http.Get(server.URL + "/api/HttpTriggerWithStreaming?count=20&pauseMs=2000")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	piece := make([]byte, 64)
	// The last piece is 38 s away: the first one comes alone.
	if length, err := reply.Body.Read(piece); err != nil || string(piece[:length]) != "data: {\"piece\":1}\n\n" {
		t.Errorf("received %q, %v", piece[:length], err)
	}
}

func TestHttpTriggerWithStreamingStopsWhenTheCallerGoesAway(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = write
	t.Cleanup(func() { os.Stdout = stdout })
	go func() {
		request := httptest.NewRequest("GET", "/api/HttpTriggerWithStreaming?count=20&pauseMs=2000", nil)
		routes().ServeHTTP(httptest.NewRecorder(), request.WithContext(ctx))
		_ = write.Close()
	}()
	_ = read.SetReadDeadline(time.Now().Add(20 * time.Second))
	if lines, err := io.ReadAll(read); err != nil || string(lines) != "Stopped after 1 pieces\n" {
		t.Errorf("it said %q, %v", lines, err)
	}
}

func TestHttpTriggerStringReturnValueAnswersAndQueues(t *testing.T) {
	expectResult(t, "/HttpTriggerStringReturnValue", `{"Data":{"req":{}},"Metadata":{}}`,
		`{"Outputs":{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}},"ReturnValue":"`+base64Of("Hello,World")+`"}`)
}

func TestHttpTriggerWithOutputsQueuesAnOrderOrSaysWhatIsWrong(t *testing.T) {
	order := ` { "order" : 7, "item":"grüner Tee" } `
	expectResult(t, "/HttpTriggerWithOutputs",
		`{"Data":{"req":{"Body":`+string(jsonText(order))+`,"Params":{"customer":"ada"}}},"Metadata":{}}`,
		`{"Outputs":{"order":"`+base64Of(order)+`","res":{"statusCode":201,"headers":{"content-type":"application/json"},
		"body":"{\"accepted\":7,\"customer\":\"ada\"}"}},"Logs":["Accepted order 7"]}`)
	for _, body := range []string{"", "not json", "{}", `{"order":"7"}`, `{"order":7.5}`, `{"order":null}`} {
		expectResult(t, "/HttpTriggerWithOutputs", `{"Data":{"req":{"Body":`+string(jsonText(body))+`}},"Metadata":{}}`,
			`{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},
			"body":"{\"error\":\"expected a JSON body with an integer order\"}"}}}`)
	}
}

func TestQueueTriggerPassesOnAnyTextAndGivesUpOnOne(t *testing.T) {
	lines := logged(t)
	for _, text := range []string{"hello", "test", "42", `"quoted"`, "null", "grüß"} {
		reply := ask(routes(), "POST", "/QueueTrigger", `{"Data":{"message":`+quoted(text)+`},"Metadata":{"DequeueCount":"2"}}`)
		var result struct{ Logs, ReturnValue any }
		if err := json.Unmarshal(reply.Body.Bytes(), &result); err != nil || result.ReturnValue != base64Of(text) {
			t.Errorf("%s: received %s", text, reply.Body)
		}
	}
	expectResult(t, "/QueueTrigger", `{"Data":{"message":"\"hello\""},"Metadata":{}}`,
		`{"Logs":["Passed on 5 bytes, attempt 0"],"ReturnValue":"aGVsbG8="}`)
	reply := ask(routes(), "POST", "/QueueTrigger", `{"Data":{"message":"\"unprocessable\""},"Metadata":{"DequeueCount":"5"}}`)
	expectText(t, reply, http.StatusInternalServerError, "Internal Server Error\n")
	if lines.String() != "Cannot process, attempt 5\n" {
		t.Errorf("the log has %q", lines)
	}
}

func TestQueueTriggerWithOutputsLooksTheCustomerUp(t *testing.T) {
	lines := logged(t)
	for profile, customer := range map[string]string{quoted("Ada"): "Ada", quoted("null"): "null", `"null"`: "an unknown customer"} {
		expectResult(t, "/QueueTriggerWithOutputs",
			`{"Data":{"message":`+quoted(`{"order":7}`)+`,"profile":`+profile+`},"Metadata":{"DequeueCount":"1"}}`,
			`{"Outputs":{"output1":["Order 7: pack","Order 7: bill"]},"Logs":["Order 7"],"ReturnValue":"`+base64Of("Order 7 for "+customer)+`"}`)
	}
	reply := ask(routes(), "POST", "/QueueTriggerWithOutputs", `{"Data":{"message":"\"x\"","profile":"null"},"Metadata":{"DequeueCount":"3"}}`)
	expectText(t, reply, http.StatusInternalServerError, "Internal Server Error\n")
	if lines.String() != "Cannot process, attempt 3\n" {
		t.Errorf("the log has %q", lines)
	}
}

func TestBlobTriggerCopiesBytes(t *testing.T) {
	for _, base64 := range []string{"", "aGk=", "null"} {
		envelope := readForTest[struct{ Blob []byte }, struct{ Name Quoted[string] }](t, `{"Data":{"blob":"`+base64+`"},"Metadata":{"name":"\"a b é.bin\""}}`)
		result, err := blobTrigger(envelope)
		if err != nil || string(jsonText(result.ReturnValue)) != `"`+base64+`"` || !strings.HasPrefix(result.Logs[0], "Copied a b é.bin, ") {
			t.Errorf("received %+v, %v", result, err)
		}
	}
}

func TestEventHubTriggerCountsEventsAndOrders(t *testing.T) {
	events := []string{`{"order":1}`, "", "grüß", `{"order":"x"}`, `{"order":2}`}
	expectResult(t, "/EventHubTrigger", `{"Data":{"messages":`+quoted(events)+`},"Metadata":{}}`,
		`{"Outputs":{"summary":"`+base64Of(`{"events":5,"orders":2}`)+`"},"Logs":["Batch of 5 events"]}`)
}

func TestTimerTriggerSaysWhetherItComesLate(t *testing.T) {
	for _, status := range []string{"null", `{"Last":"0001-01-01T00:00:00"}`, `{"Last":"0001-01-01T00:00:00+00:00"}`} {
		expectResult(t, "/TimerTrigger", `{"Data":{"timer":{"IsPastDue":true,"ScheduleStatus":`+status+`}},"Metadata":{}}`,
			`{"Outputs":{"tick":"`+base64Of(`{"pastDue":true}`)+`"},"Logs":["Timer ran, past due: true"]}`)
	}
}

func readForTest[Data, Metadata any](t *testing.T, body string) Envelope[Data, Metadata] {
	t.Helper()
	envelope, err := readEnvelope[Data, Metadata](strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}
