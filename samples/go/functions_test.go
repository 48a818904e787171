package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

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
	for query, greeting := range map[string]string{"?name=Zo%C3%AB+B": "Hello, Zoë B!", "?name=%01": "Hello, \x01!", "?name=": "Hello, world!", "": "Hello, world!"} {
		reply := ask(routes(), "GET", "/api/SimpleHttpTrigger"+query, "")
		expectText(t, reply, http.StatusOK, greeting)
		if contentType := reply.Header().Get("Content-Type"); contentType != "text/plain; charset=utf-8" {
			t.Errorf("%s: received the content type %q", query, contentType)
		}
	}
	expectText(t, ask(routes(), "POST", "/api/SimpleHttpTrigger", `{"name":"Ada"}`), http.StatusOK, "Hello, Ada!")
	for _, body := range []string{"", "name=Ada", "null", `{"name":""}`, `{"name":7}`} {
		expectText(t, ask(routes(), "POST", "/api/SimpleHttpTrigger", body), http.StatusBadRequest, `Expected a JSON body such as {"name":"Ada"}`)
	}
}

func TestSimpleHttpTriggerWithReturnTellsWhatArrivedButNoKey(t *testing.T) {
	request := httptest.NewRequest("POST", "/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret", strings.NewReader("\x00\xff\xfe"))
	request.Header.Set("X-Azure-Functions-InvocationId", "some-id")
	reply := httptest.NewRecorder()
	routes().ServeHTTP(reply, request)
	expectJSON(t, reply.Body.String(),
		`{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1","flag":""},"bytes":3,"invocationId":"some-id"}`)
	half := httptest.NewRecorder()
	broken := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("abc")))
	routes().ServeHTTP(half, httptest.NewRequest("POST", "/api/SimpleHttpTriggerWithReturn", broken))
	expectText(t, half, http.StatusBadRequest, "Cannot read the body")
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
	for _, body := range []string{"", "not json", "[7]", "{}", `{"order":"7"}`, `{"order":7.5}`} {
		expectResult(t, "/HttpTriggerWithOutputs", `{"Data":{"req":{"Body":`+string(jsonText(body))+`}},"Metadata":{}}`,
			`{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},
			"body":"{\"error\":\"expected a JSON body with an integer order\"}"}}}`)
	}
	expectRefused(t, "/HttpTriggerWithOutputs", `{"req":"an order"}`)
}

func TestQueueTriggerPassesOnAnyTextAndGivesUpOnOne(t *testing.T) {
	for _, text := range []string{"hello", "test", `"quoted"`, "null", "grüß"} {
		expectResult(t, "/QueueTrigger", `{"Data":{"message":`+quoted(text)+`},"Metadata":{"DequeueCount":"2"}}`,
			fmt.Sprintf(`{"Logs":["Passed on %d bytes, attempt 2"],"ReturnValue":%q}`, len(text), base64Of(text)))
	}
	expectResult(t, "/QueueTrigger", `{"Data":{"message":`+quoted("by admin")+`},"Metadata":{}}`,
		`{"Logs":["Passed on 8 bytes, attempt 0"],"ReturnValue":"`+base64Of("by admin")+`"}`)
	// A message with such a property has overwritten the count.
	for _, count := range []string{quoted("9"), "{}", "null"} {
		expectResult(t, "/QueueTrigger", `{"Data":{"message":`+quoted("any")+`},"Metadata":{"DequeueCount":`+count+`}}`,
			`{"Logs":["Passed on 3 bytes, attempt 0"],"ReturnValue":"`+base64Of("any")+`"}`)
	}
	expectGivesUp(t, "/QueueTrigger", `{"message":`+quoted("unprocessable")+`}`)
}

func TestQueueTriggerWithOutputsLooksTheCustomerUp(t *testing.T) {
	for profile, customer := range map[string]string{quoted("Ada"): "Ada", quoted("null"): "null", quoted(nil): "an unknown customer"} {
		expectResult(t, "/QueueTriggerWithOutputs", `{"Data":{"message":`+quoted(`{"order":7}`)+`,"profile":`+profile+`},"Metadata":{}}`,
			`{"Outputs":{"output1":["Order 7: pack","Order 7: bill"]},"Logs":["Order 7"],"ReturnValue":"`+base64Of("Order 7 for "+customer)+`"}`)
	}
	expectGivesUp(t, "/QueueTriggerWithOutputs", `{"message":`+quoted(`{"order":"x"}`)+`,"profile":`+quoted("Ada")+`}`)
}

func TestBlobTriggerCopiesBytes(t *testing.T) {
	// "null" is the base64 of three bytes.
	for blob, length := range map[string]int{"": 0, "aGk=": 2, "null": 3} {
		expectResult(t, "/BlobTrigger", `{"Data":{"blob":"`+blob+`"},"Metadata":{"name":`+quoted("a b é.bin")+`}}`,
			fmt.Sprintf(`{"Logs":["Copied a b é.bin, %d bytes"],"ReturnValue":%q}`, length, blob))
	}
	expectRefused(t, "/BlobTrigger", `{"blob":"a blob"}`)
}

func TestEventHubTriggerCountsEventsAndOrders(t *testing.T) {
	events := []string{`{"order":1}`, "", "grüß", `{"order":"x"}`, `{"order":2}`}
	expectResult(t, "/EventHubTrigger", `{"Data":{"messages":`+quoted(events)+`},"Metadata":{}}`,
		`{"Outputs":{"summary":"`+base64Of(`{"events":5,"orders":2}`)+`"},"Logs":["Batch of 5 events"]}`)
}

func TestTimerTriggerSaysWhetherItComesLate(t *testing.T) {
	for _, status := range []string{"null", `{"Last":"0001-01-01T00:00:00"}`, `{"Last":"0001-01-01T00:00:00+00:00"}`} {
		for _, late := range []string{"true", "false"} {
			expectResult(t, "/TimerTrigger", `{"Data":{"timer":{"IsPastDue":`+late+`,"ScheduleStatus":`+status+`}},"Metadata":{}}`,
				`{"Outputs":{"tick":"`+base64Of(`{"pastDue":`+late+`}`)+`"},"Logs":["Timer ran, past due: `+late+`"]}`)
		}
	}
	expectRefused(t, "/TimerTrigger", `{"timer":"late"}`)
}

func TestHttpTriggerWithStreamingSendsEventsUntilTheCallerGoesAway(t *testing.T) {
	whole := ask(routes(), "GET", "/api/HttpTriggerWithStreaming?count=2&pauseMs=0", "")
	expectText(t, whole, http.StatusOK, "data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n")
	if header := whole.Header(); header.Get("Content-Type") != "text/event-stream" || header.Get("Cache-Control") != "no-cache" {
		t.Errorf("received %s", header)
	}
	for _, query := range []string{"count=0", "count=21", "count=x", "count=", "pauseMs=-1", "pauseMs=2001"} {
		expectText(t, ask(routes(), "GET", "/api/HttpTriggerWithStreaming?"+query, ""), http.StatusBadRequest,
			`{"error":"expected count from 1 to 20 and pauseMs from 0 to 2000"}`)
	}

	said, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = stdout
	t.Cleanup(func() { os.Stdout = before })
	server := httptest.NewServer(routes())
	defer server.Close()
	reply, err := http.Get(server.URL + "/api/HttpTriggerWithStreaming?count=20&pauseMs=2000")
	if err != nil {
		t.Fatal(err)
	}
	piece := make([]byte, 64)
	length, err := reply.Body.Read(piece)
	// The last event is 38 s away: the first one comes alone. Then the caller goes away.
	if err != nil || string(piece[:length]) != "data: {\"piece\":1}\n\n" {
		t.Errorf("received %q, %v", piece[:length], err)
	}
	_ = reply.Body.Close()
	_ = said.SetReadDeadline(time.Now().Add(20 * time.Second))
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "Stopped after 1 pieces\n" {
		t.Errorf("it said %q, %v", line, err)
	}
}

// ask sends a request to the routes, without a server.
func ask(handler http.Handler, method, target, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorder
}

// quoted is a value as the host sends it: JSON inside a JSON string.
func quoted(value any) string { return string(jsonText(string(jsonText(value)))) }

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

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

func expectGivesUp(t *testing.T, path, data string) {
	t.Helper()
	lines := logged(t)
	reply := ask(routes(), "POST", path, `{"Data":`+data+`,"Metadata":{"DequeueCount":"5"}}`)
	expectText(t, reply, http.StatusInternalServerError, "Internal Server Error\n")
	if lines.String() != "Cannot process, attempt 5\n" {
		t.Errorf("the log has %q", lines)
	}
}

// expectRefused expects that an envelope is none because this value in Data is not what the function reads.
func expectRefused(t *testing.T, path, data string) {
	t.Helper()
	lines := logged(t)
	reply := ask(routes(), "POST", path, `{"Data":`+data+`,"Metadata":{"name":`+quoted("a")+`}}`)
	if reply.Code != http.StatusBadRequest || lines.String() != reply.Body.String() {
		t.Errorf("received %d %s, the log has %q", reply.Code, reply.Body, lines)
	}
}
