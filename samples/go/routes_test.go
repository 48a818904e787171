package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// logged is what a test writes to the log.
func logged(t *testing.T) *bytes.Buffer {
	var lines bytes.Buffer
	log.SetOutput(&lines)
	log.SetFlags(0)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return &lines
}

func TestEveryFunctionHasOneRoute(t *testing.T) {
	folders, err := filepath.Glob("*/function.json")
	if err != nil || len(folders) == 0 {
		t.Fatalf("there is no function: %v", err)
	}
	for _, folder := range folders {
		name := filepath.Dir(folder)
		// A method that no function has: 405 where there is a route, 404 where there is none.
		proxied := ask(routes(), "BREW", "/api/"+name, "").Code != http.StatusNotFound
		invoked := ask(routes(), "BREW", "/"+name, "").Code != http.StatusNotFound
		if proxied == invoked {
			t.Errorf("%s: a proxied route: %t, a route for its envelope: %t; expected one of them", name, proxied, invoked)
		}
	}
	if status := ask(routes(), "GET", "/", "").Code; status != http.StatusNotFound {
		t.Errorf("GET / is answered with %d", status)
	}
}

func TestAFunctionThatThrowsAnswers500AndTellsTheLogAlone(t *testing.T) {
	lines := logged(t)
	broken := invoke(func(Envelope[any, any]) (*InvocationResult, error) { panic("out of tea") })
	mux := http.NewServeMux()
	mux.Handle("POST /invoked", broken)
	mux.HandleFunc("POST /api/proxied", func(http.ResponseWriter, *http.Request) { panic("out of tea") })
	for _, path := range []string{"/invoked", "/api/proxied"} {
		lines.Reset()
		expectText(t, ask(recovered(mux), "POST", path, `{"Data":{},"Metadata":{}}`), http.StatusInternalServerError, "Internal Server Error\n")
		if !strings.HasPrefix(lines.String(), "POST "+path+" failed: out of tea\n") {
			t.Errorf("%s: the log has %q", path, lines)
		}
	}
}

func TestAFunctionThatAbortsItsAnswerClosesTheConnection(t *testing.T) {
	lines := logged(t)
	server := httptest.NewServer(recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	defer server.Close()
	if reply, err := http.Post(server.URL, "text/plain", strings.NewReader("x")); err == nil {
		_ = reply.Body.Close()
		t.Errorf("received %s", reply.Status)
	}
	if lines.Len() != 0 {
		t.Errorf("the log has %q", lines)
	}
}

func TestAnEnvelopeThatCannotBeReadIsAnsweredWith400AndALine(t *testing.T) {
	lines := logged(t)
	handler := invoke(func(Envelope[struct{ Message Quoted[string] }, any]) (*InvocationResult, error) {
		return nil, errors.New("it should not have been called")
	})
	for _, body := range []string{"", "not json", "[]", "null", "{}", `{"Data":{}}`, `{"Data":{"message":7},"Metadata":{}}`, `{"Data":{"message":"hello"},"Metadata":{}}`} {
		lines.Reset()
		reply := ask(handler, "POST", "/", body)
		if reply.Code != http.StatusBadRequest || !strings.HasPrefix(reply.Body.String(), `Expected a JSON body such as {"Data":{},"Metadata":{}}`) {
			t.Errorf("%s: received %d %s", body, reply.Code, reply.Body)
		}
		if lines.String() != reply.Body.String() || strings.Count(lines.String(), "\n") != 1 {
			t.Errorf("%s: the log has %q", body, lines)
		}
	}
}

func TestCallersThatCloseTheirConnectionsLoseNothing(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") })
	server := httptest.NewServer(recovered(mux))
	defer server.Close()
	for attempt := range 40 {
		request, err := http.NewRequest([]string{"GET", "POST"}[attempt%2], server.URL, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Connection", "close")
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatalf("request %d: %v", attempt, err)
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		// A pool of connections drops this one only if it is told.
		if err != nil || string(body) != "here" || !reply.Close {
			t.Errorf("request %d: received %q, %v, to be closed: %t", attempt, body, err, reply.Close)
		}
	}
}

func TestAPortThatCannotBeOpenedEndsTheProgramWithTheRemedy(t *testing.T) {
	if os.Getenv("RUN_MAIN") != "" {
		main()
		return
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, takenPort, _ := net.SplitHostPort(taken.Addr().String())
	for _, port := range []string{takenPort, "abc", "-1", "70000", "80 "} {
		program := exec.Command(os.Args[0], "-test.run=^TestAPortThatCannotBeOpened")
		program.Env = append(os.Environ(), "RUN_MAIN=1", "FUNCTIONS_CUSTOMHANDLER_PORT="+port)
		var stderr bytes.Buffer
		program.Stderr = &stderr
		if err := program.Run(); err == nil || program.ProcessState.ExitCode() != 1 {
			t.Errorf("%s: ended with %v", port, err)
		}
		line := stderr.String()
		if strings.Count(line, "\n") != 1 || !strings.Contains(line, "`"+port+"`") || !strings.Contains(line, "set FUNCTIONS_CUSTOMHANDLER_PORT") {
			t.Errorf("%s: the log has %q", port, line)
		}
	}
}
