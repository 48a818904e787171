package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// encoded is a value as the host puts it into Data and Metadata: JSON text inside a JSON string.
func encoded(value any) string { return jsonText(jsonText(value)) }

func quoted(text string) string { return jsonText(text) }

func in64(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }

// envelopeOf takes the members of Data and Metadata as JSON, name by name.
func envelopeOf(data, metadata map[string]string) Envelope {
	return Envelope{Data: membersOf(data), Metadata: membersOf(metadata)}
}

func membersOf(texts map[string]string) members {
	result := members{}
	for name, text := range texts {
		result[name] = json.RawMessage(text)
	}
	return result
}

// expectAnswer compares answers as the host reads them.
func expectAnswer(t *testing.T, answer Answer, err error, expected string) {
	t.Helper()
	if err != nil {
		t.Fatalf("expected %s, received the error %v", expected, err)
	}
	if received := jsonText(answer.complete()); received != expected {
		t.Errorf("expected %s\nreceived %s", expected, received)
	}
}

func TestHelloGreetsTheWorldAsPlainText(t *testing.T) {
	expected := reply{200, "text/plain; charset=utf-8", "Hello world"}
	if received := hello(nil, nil); received != expected {
		t.Errorf("expected %v, received %v", expected, received)
	}
}

func TestSimpleHTTPTriggerGreetsTheNameInTheQuery(t *testing.T) {
	for query, expected := range map[string]string{
		"?name=Ada":           "Hello, Ada!",
		"?name=Zo%C3%AB":      "Hello, Zoë!",
		"?name=Ada+B":         "Hello, Ada B!",
		"?name=A,B":           "Hello, A,B!",
		"?name=A&name=B":      "Hello, A,B!",
		"":                    "Hello, world!",
		"?name=":              "Hello, world!",
		"?Name=Ada":           "Hello, world!",
		"?name=100%":          "Hello, 100%!",
		"?name=%zz":           "Hello, %zz!",
		"?name=%41%zz%4":      "Hello, A%zz%4!",
		"?name=%ff":           "Hello, \uFFFD!",
		"?&=&name=Ada&=x&a;b": "Hello, Ada!",
	} {
		request := httptest.NewRequest(http.MethodGet, "/api/SimpleHttpTrigger"+query, nil)
		if received := simpleHTTPTrigger(request, nil); received != textReply(200, expected) {
			t.Errorf("%s: expected %s, received %v", query, expected, received)
		}
	}
}

func postedName(body string) reply {
	return simpleHTTPTrigger(httptest.NewRequest(http.MethodPost, "/api/SimpleHttpTrigger", nil), []byte(body))
}

func TestSimpleHTTPTriggerGreetsTheNameInAJSONBody(t *testing.T) {
	for body, expected := range map[string]string{
		`{"name":"Ada"}`:                 "Hello, Ada!",
		` { "x": 1, "name" : "Zoë 🦊" } `: "Hello, Zoë 🦊!",
		`{"name":"Ada","name":"Bob"}`:    "Hello, Bob!",
	} {
		if received := postedName(body); received != textReply(200, expected) {
			t.Errorf("%s: expected %s, received %v", body, expected, received)
		}
	}
}

func TestSimpleHTTPTriggerTellsACallerWithoutANameWhatItExpects(t *testing.T) {
	expected := textReply(400, `Expected a JSON body such as {"name":"Ada"}`)
	for _, body := range []string{
		"", "not json", "{", "null", "7", `"Ada"`, "[]", "{}", `{"name":""}`, `{"name":7}`, `{"name":null}`, `{"Name":"Ada"}`, `{"name":"Ada"} x`,
	} {
		if received := postedName(body); received != expected {
			t.Errorf("%s: expected %v, received %v", body, expected, received)
		}
	}
}

func TestSimpleHTTPTriggerWithReturnTellsWhatArrived(t *testing.T) {
	request := httptest.NewRequest(http.MethodPost, "/api/SimpleHttpTriggerWithReturn?a=1,2&flag=", nil)
	request.Header.Set("X-Azure-Functions-InvocationId", "7a0e4b1c-0000-4000-8000-000000000001")
	expected := reply{200, "application/json", `{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{"a":"1,2","flag":""},` +
		`"bytes":3,"invocationId":"7a0e4b1c-0000-4000-8000-000000000001"}`}
	if received := simpleHTTPTriggerWithReturn(request, []byte{0x9e, 0xe9, 0x65}); received != expected {
		t.Errorf("expected %v, received %v", expected, received)
	}
}

func TestSimpleHTTPTriggerWithReturnKeepsTheQuerysOrderAndLeavesTheKeyOut(t *testing.T) {
	request := httptest.NewRequest(http.MethodGet, "/api/Simple%48?b=1&1=2&code=K&CODE=K&b=3&q=%22<%zz", nil)
	expected := `{"method":"GET","path":"/api/Simple%48","query":{"b":"1,3","1":"2","q":"\"<%zz"},"bytes":0,"invocationId":null}`
	if received := simpleHTTPTriggerWithReturn(request, nil).body; received != expected {
		t.Errorf("expected %s\nreceived %s", expected, received)
	}
	request = httptest.NewRequest(http.MethodGet, "/api/x", nil)
	if received := simpleHTTPTriggerWithReturn(request, nil).body; !strings.Contains(received, `"query":{}`) {
		t.Errorf("expected an empty query, received %s", received)
	}
}

func TestHTTPTriggerStringReturnValueAnswersAndQueuesWhatItReturns(t *testing.T) {
	answer, err := httpTriggerStringReturnValue(Envelope{})
	expectAnswer(t, answer, err,
		`{"Outputs":{"res":{"statusCode":201,"headers":{"header1":"header1Val"},"body":"my world"}},"Logs":[],"ReturnValue":"SGVsbG8sV29ybGQ="}`)
}

func TestHTTPTriggerWithOutputsQueuesTheOrdersTextUnchanged(t *testing.T) {
	for body, order := range map[string]string{
		`{"order":7,"item":"tea"}`: "7",
		" {\r\n \"order\" : 7 , \"price\": 1.50, \"e\": [1e3, \"7.0\"] }\n": "7",
		`{"order":-9007199254740991}`:                                       "-9007199254740991",
		`{"order":0}`:                                                       "0",
		`{"order":-0}`:                                                      "0",
		`{"order":7.0}`:                                                     "7",
		`{"order":7e0}`:                                                     "7",
		`{"order":"x","order":8}`:                                           "8",
		`{"order":9,"note":"a \"quoted\" 1.5 \\"}`:                          "9",
		`{"order":1,"item":"grüß 🦊"}`:                                       "1",
		`{"order":2,"note":"<&> ` + "\u2028" + ` test"}`:                    "2",
	} {
		request := `{"Body":` + quoted(body) + `}`
		answer, err := httpTriggerWithOutputs(envelopeOf(map[string]string{"req": request}, nil))
		expectAnswer(t, answer, err, `{"Outputs":{"order":"`+in64(body)+
			`","res":{"statusCode":201,"headers":{"content-type":"application/json"},"body":"{\"accepted\":`+order+`}"}},`+
			`"Logs":["Accepted order `+order+`"],"ReturnValue":null}`)
	}
}

func TestHTTPTriggerWithOutputsTellsTheCallerWhatIsWrongAndQueuesNothing(t *testing.T) {
	requests := []string{`{}`, `{"Body":null}`, `{"Body":{"order":7}}`}
	for _, body := range []string{"", "not json", "7", "null", "[]", "{}", `{"Order":7}`, "07"} {
		requests = append(requests, `{"Body":`+quoted(body)+`}`)
	}
	for _, order := range []string{
		`"7"`, "7.5", "75e-1", "1e400", "true", "null", "[7]", "{}", "9007199254740992", "-9007199254740992", strings.Repeat("1", 400),
	} {
		requests = append(requests, `{"Body":`+quoted(`{"order":`+order+`}`)+`}`)
	}
	for _, request := range requests {
		answer, err := httpTriggerWithOutputs(envelopeOf(map[string]string{"req": request}, nil))
		expectAnswer(t, answer, err, `{"Outputs":{"res":{"statusCode":400,"headers":{"content-type":"application/json"},`+
			`"body":"{\"error\":\"expected a JSON body with an integer order\"}"}},"Logs":[],"ReturnValue":null}`)
	}
}

func TestQueueTriggerPassesAnyTextOnAsTheSameBytes(t *testing.T) {
	for _, message := range []string{
		"hello", "test", "[1,2]", `{"a":1}`, `{ "b" : 2, "a": 1.50 }`, "42", `"quoted"`, "true", "null", "",
		"2020-01-01T00:00:00Z", "grüß", "🦊\u0000\u2028", strings.Repeat("x", 48*1024),
	} {
		answer, err := queueTrigger(envelopeOf(map[string]string{"message": encoded(message)}, map[string]string{"DequeueCount": `"1"`}))
		expectAnswer(t, answer, err, jsonText(Answer{
			Logs:        []string{"Passed on " + jsonText(len(message)) + " bytes, attempt 1"},
			ReturnValue: in64(message),
		}.complete()))
	}
}

func TestQueueTriggerCountsAttemptsFromTheAdminRouteAsZero(t *testing.T) {
	for count, expected := range map[string]string{`"3"`: "attempt 3", `"0"`: "attempt 0", "": "attempt 0"} {
		metadata := map[string]string{}
		if count != "" {
			metadata["DequeueCount"] = count
		}
		answer, err := queueTrigger(envelopeOf(map[string]string{"message": encoded("by admin")}, metadata))
		if err != nil || answer.Logs[0] != "Passed on 8 bytes, "+expected {
			t.Errorf("expected %s, received %v, %v", expected, answer, err)
		}
	}
}

func TestQueueTriggerGivesUpOnAMessageItCannotProcess(t *testing.T) {
	_, err := queueTrigger(envelopeOf(map[string]string{"message": encoded("unprocessable")}, map[string]string{"DequeueCount": `"2"`}))
	if err == nil || err.Error() != "Cannot process, attempt 2" {
		t.Errorf("expected `Cannot process, attempt 2`, received %v", err)
	}
}

func withOutputs(message string, profile any) (Answer, error) {
	data := map[string]string{"message": encoded(message), "profile": encoded(profile)}
	return queueTriggerWithOutputs(envelopeOf(data, map[string]string{"DequeueCount": `"1"`}))
}

func TestQueueTriggerWithOutputsWritesToBothQueues(t *testing.T) {
	answer, err := withOutputs(`{"order":7,"customer":"ada.txt"}`, "Ada")
	expectAnswer(t, answer, err,
		`{"Outputs":{"output1":["Order 7: pack","Order 7: bill"]},"Logs":["Order 7"],"ReturnValue":"`+in64("Order 7 for Ada")+`"}`)
}

func TestQueueTriggerWithOutputsTakesAMissingBlobForAnUnknownCustomerAndABlobWithTheTextNullForAName(t *testing.T) {
	message := `{"order":8,"customer":"nobody.txt"}`
	for expected, profile := range map[string]any{"Order 8 for an unknown customer": nil, "Order 8 for null": "null"} {
		answer, err := withOutputs(message, profile)
		if err != nil || answer.ReturnValue != in64(expected) {
			t.Errorf("expected %s, received %v, %v", expected, answer, err)
		}
	}
}

func TestQueueTriggerWithOutputsGivesUpOnAMessageWithoutAnIntegerOrder(t *testing.T) {
	for _, message := range []string{`{"order":"x","customer":"ada.txt"}`, `{"order":7.5}`, "{}", "not json", "", "null"} {
		_, err := withOutputs(message, "Ada")
		if err == nil || err.Error() != "Cannot process, attempt 1" {
			t.Errorf("%s: expected `Cannot process, attempt 1`, received %v", message, err)
		}
	}
}

func TestBlobTriggerCopiesBytesAlsoThoseWhoseBase64IsAJSONText(t *testing.T) {
	large := make([]byte, 8<<20)
	rand.New(rand.NewSource(1)).Read(large)
	for _, blob := range [][]byte{[]byte("hi"), {}, {0x9e, 0xe9, 0x65}, large} {
		data := map[string]string{"blob": quoted(base64.StdEncoding.EncodeToString(blob))}
		answer, err := blobTrigger(envelopeOf(data, map[string]string{"name": encoded("a b é.bin")}))
		if err != nil {
			t.Fatal(err)
		}
		if expected := "Copied a b é.bin, " + jsonText(len(blob)) + " bytes"; answer.Logs[0] != expected {
			t.Errorf("expected %s, received %v", expected, answer.Logs)
		}
		if copied, err := base64.StdEncoding.DecodeString(answer.ReturnValue.(string)); err != nil || !bytes.Equal(copied, blob) {
			t.Errorf("%d bytes did not come out as they came in", len(blob))
		}
	}
}

func TestEventHubTriggerCountsEventsAndTheOrdersAmongThem(t *testing.T) {
	for _, batch := range []struct {
		events       []string
		summary, log string
	}{
		{[]string{`{"order":7}`}, `{"events":1,"orders":1}`, "Batch of 1 events"},
		{[]string{"not json"}, `{"events":1,"orders":0}`, "Batch of 1 events"},
		{[]string{`{"order":1}`, "", "grüß", `{"order":"x"}`, `{"order":2}`, "null", `{"order":1.5}`}, `{"events":7,"orders":2}`, "Batch of 7 events"},
		{[]string{}, `{"events":0,"orders":0}`, "Batch of 0 events"},
	} {
		answer, err := eventHubTrigger(envelopeOf(map[string]string{"messages": encoded(batch.events)}, nil))
		expectAnswer(t, answer, err, `{"Outputs":{"summary":"`+in64(batch.summary)+`"},"Logs":["`+batch.log+`"],"ReturnValue":null}`)
	}
}

func TestTimerTriggerSaysWhetherItComesLateWhateverTheSchedulesStatus(t *testing.T) {
	neverRan := `{"Last":"0001-01-01T00:00:00","Next":"2026-11-24T03:00:00+00:00","LastUpdated":"0001-01-01T00:00:00"}`
	for _, status := range []string{"null", neverRan} {
		for _, pastDue := range []string{"false", "true"} {
			timer := `{"Schedule":{"AdjustForDST":true},"ScheduleStatus":` + status + `,"IsPastDue":` + pastDue + `}`
			answer, err := timerTrigger(envelopeOf(map[string]string{"timer": timer}, nil))
			expectAnswer(t, answer, err, `{"Outputs":{"tick":"`+in64(`{"pastDue":`+pastDue+`}`)+
				`"},"Logs":["Timer ran, past due: `+pastDue+`"],"ReturnValue":null}`)
		}
	}
}

func TestAMemberThatIsMissingOrNotAsTheHostSendsItIsNamed(t *testing.T) {
	type texts = map[string]string
	message, order, name := encoded("hello"), encoded(`{"order":7}`), encoded("a")
	for _, test := range []struct {
		function       func(Envelope) (Answer, error)
		data, metadata texts
		named          string
	}{
		{httpTriggerWithOutputs, texts{}, nil, "`req`"},
		{httpTriggerWithOutputs, texts{"req": "[]"}, nil, "`req`"},
		{httpTriggerWithOutputs, texts{"req": "null"}, nil, "`req`"},
		{queueTrigger, texts{}, nil, "`message`"},
		{queueTrigger, texts{"message": `"hello"`}, nil, "`message`"},
		{queueTrigger, texts{"message": "7"}, nil, "`message`"},
		{queueTrigger, texts{"message": `"7"`}, nil, "`message`"},
		{queueTrigger, texts{"message": `"null"`}, nil, "`message`"},
		{queueTrigger, texts{"message": message}, texts{"DequeueCount": "1"}, "`DequeueCount`"},
		{queueTrigger, texts{"message": message}, texts{"DequeueCount": `"one"`}, "`DequeueCount`"},
		{queueTriggerWithOutputs, texts{"message": order}, nil, "`profile`"},
		{queueTriggerWithOutputs, texts{"message": order, "profile": `"7"`}, nil, "`profile`"},
		{blobTrigger, texts{}, texts{"name": name}, "`blob`"},
		{blobTrigger, texts{"blob": `"a*"`}, texts{"name": name}, "`blob`"},
		{blobTrigger, texts{"blob": `"aGk="`}, nil, "`name`"},
		{eventHubTrigger, texts{}, nil, "`messages`"},
		{eventHubTrigger, texts{"messages": encoded([]int{1})}, nil, "`messages`"},
		{eventHubTrigger, texts{"messages": `"[null]"`}, nil, "`messages`"},
		{eventHubTrigger, texts{"messages": `"null"`}, nil, "`messages`"},
		{timerTrigger, texts{}, nil, "`timer`"},
		{timerTrigger, texts{"timer": `{"IsPastDue":"no"}`}, nil, "`timer`"},
		{timerTrigger, texts{"timer": `{"IsPastDue":null}`}, nil, "`timer`"},
	} {
		_, err := test.function(envelopeOf(test.data, test.metadata))
		var bad badEnvelope
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), test.named) {
			t.Errorf("%v %v: expected a bad envelope that names %s, received %v", test.data, test.metadata, test.named, err)
		}
	}
}
