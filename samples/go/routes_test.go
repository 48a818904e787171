package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call sends a request over real HTTP and reads the reply to its end.
func call(t *testing.T, server *httptest.Server, method, path string, body io.Reader) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func serve(t *testing.T) *httptest.Server {
	server := httptest.NewServer(routes())
	server.Client().Timeout = waitLimit
	t.Cleanup(server.Close)
	return server
}

func TestAProbeAndUnknownPathsAreAnsweredWith404(t *testing.T) {
	server := serve(t)
	for _, path := range []string{"/", "/api/hello/", "/hello", "/api/QueueTrigger", "/QueueTrigger/x"} {
		if response, _ := call(t, server, "GET", path, nil); response.StatusCode != 404 {
			t.Errorf("%s: expected 404, received %d", path, response.StatusCode)
		}
	}
}

func TestHelloAnswersGetAndHeadAndNamesThemToOthers(t *testing.T) {
	server := serve(t)
	for _, test := range []struct {
		method string
		status int
		body   string
	}{{"GET", 200, "Hello world"}, {"HEAD", 200, ""}, {"POST", 405, "Use GET"}} {
		response, body := call(t, server, test.method, "/api/hello", nil)
		if response.StatusCode != test.status || body != test.body {
			t.Errorf("%s: expected %d `%s`, received %d `%s`", test.method, test.status, test.body, response.StatusCode, body)
		}
		if received := response.Header.Get("Content-Type"); received != "text/plain; charset=utf-8" {
			t.Errorf("%s: received content type %s", test.method, received)
		}
		if allow := response.Header.Get("Allow"); test.status == 405 && allow != "GET, HEAD" {
			t.Errorf("expected `GET, HEAD`, received `%s`", allow)
		}
	}
}

func TestEveryFunctionHasARoute(t *testing.T) {
	server := serve(t)
	files, err := filepath.Glob("*/function.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("expected function folders, found %v, %v", files, err)
	}
	for _, file := range files {
		name := filepath.Dir(file)
		forwarded, _ := call(t, server, "GET", "/api/"+name, nil)
		invoked, _ := call(t, server, "GET", "/"+name, nil)
		if (forwarded.StatusCode == 404) == (invoked.StatusCode == 404) {
			t.Errorf("%s: expected exactly one route", name)
		}
	}
}

func TestAFunctionInDefaultModeIsCalledByPostOnly(t *testing.T) {
	response, body := call(t, serve(t), "GET", "/QueueTrigger", nil)
	if response.StatusCode != 405 || response.Header.Get("Allow") != "POST" || body != "Use POST" {
		t.Errorf("received %d, %v, %s", response.StatusCode, response.Header, body)
	}
}

func TestAnInvocationIsAnsweredWithAllThreeMembersAsJSON(t *testing.T) {
	response, body := call(t, serve(t), "POST", "/QueueTrigger",
		strings.NewReader(`{"Data":{"message":"\"hello\""},"Metadata":{"DequeueCount":"1"}}`))
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("received %d, %v", response.StatusCode, response.Header)
	}
	if expected := `{"Outputs":{},"Logs":["Passed on 5 bytes, attempt 1"],"ReturnValue":"aGVsbG8="}`; body != expected {
		t.Errorf("expected %s, received %s", expected, body)
	}
}

func TestAnEnvelopeMayComeInChunksAndBeLarge(t *testing.T) {
	blob := strings.Repeat("AAAA", 4<<20) // 12 MiB of zeros
	// A reader of unknown length is sent chunked.
	envelope := io.MultiReader(strings.NewReader(`{"Data":{"blob":"`), strings.NewReader(blob), strings.NewReader(`"},"Metadata":{"name":"\"a.bin\""}}`))
	response, body := call(t, serve(t), "POST", "/BlobTrigger", envelope)
	if response.StatusCode != 200 || body != `{"Outputs":{},"Logs":["Copied a.bin, 12582912 bytes"],"ReturnValue":"`+blob+`"}` {
		t.Errorf("received %d, %d bytes", response.StatusCode, len(body))
	}
}

func TestWhatIsNoEnvelopeIsAnsweredWith400AndTheHandlerLivesOn(t *testing.T) {
	server := serve(t)
	for _, envelope := range []string{"", "not json", "null", "[]", "{}", `{"Data":{}}`, `{"data":{},"metadata":{}}`, `{"Data":[],"Metadata":{}}`} {
		response, body := call(t, server, "POST", "/TimerTrigger", strings.NewReader(envelope))
		if response.StatusCode != 400 || body != `Expected a JSON body such as {"Data":{},"Metadata":{}}` {
			t.Errorf("%s: received %d %s", envelope, response.StatusCode, body)
		}
	}
	if response, _ := call(t, server, "GET", "/api/hello", nil); response.StatusCode != 200 {
		t.Errorf("expected 200, received %d", response.StatusCode)
	}
}

func TestAMessageNobodyCanProcessIsAnsweredWith500(t *testing.T) {
	response, body := call(t, serve(t), "POST", "/QueueTrigger",
		strings.NewReader(`{"Data":{"message":"\"unprocessable\""},"Metadata":{"DequeueCount":"5"}}`))
	if response.StatusCode != 500 || body != "Cannot process, attempt 5" {
		t.Errorf("received %d %s", response.StatusCode, body)
	}
}

func TestMain(m *testing.M) {
	// The tests of the program start this test binary again, as the program.
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
