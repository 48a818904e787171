package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryFunctionHasARouteAndEveryRouteAFunction(t *testing.T) {
	// A ServeMux does not tell its patterns.
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	routed := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^\s*mux\.HandleFunc\("[A-Z]+ ([^"]+)"`).FindAllSubmatch(source, -1) {
		routed[string(match[1])] = true
	}
	expected := map[string]bool{}
	files, _ := filepath.Glob("*/function.json")
	for _, file := range files {
		expected[pathOf(t, file)] = true
	}
	if !maps.Equal(routed, expected) {
		t.Errorf("there are routes for %v, and functions at %v", routed, expected)
	}
	// What the host asks until anything answers.
	expectText(t, ask(routes(), "GET", "/", ""), http.StatusNotFound, "404 page not found\n")
}

// pathOf is where the host calls a function: at /api and its route if it is proxied, at / and its name if not.
func pathOf(t *testing.T, file string) string {
	t.Helper()
	var function struct {
		Bindings []struct{ Type, Route string }
	}
	if text, err := os.ReadFile(file); err != nil || json.Unmarshal(text, &function) != nil {
		t.Fatalf("%s cannot be read", file)
	}
	name := filepath.Dir(file)
	for _, binding := range function.Bindings {
		if binding.Type != "httpTrigger" && binding.Type != "http" {
			return "/" + name
		}
	}
	return "/api/" + cmp.Or(function.Bindings[0].Route, name)
}

func TestAFunctionThatThrowsAnswers500AndTellsTheLogAlone(t *testing.T) {
	lines := logged(t)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invoked", invoke(func(Envelope[any, any]) (*InvocationResult, error) { panic("out of tea") }))
	mux.HandleFunc("POST /api/proxied", func(http.ResponseWriter, *http.Request) { panic("out of tea") })
	mux.HandleFunc("GET /api/begun", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "first")
		_ = http.NewResponseController(w).Flush()
		panic("out of tea")
	})
	for _, path := range []string{"/invoked", "/api/proxied"} {
		lines.Reset()
		reply := ask(recovered(mux), "POST", path+"?code=secret", `{"Data":{},"Metadata":{}}`)
		expectText(t, reply, http.StatusInternalServerError, "Internal Server Error\n")
		if !strings.HasPrefix(lines.String(), "POST "+path+" failed: out of tea\n") || strings.Contains(lines.String(), "secret") {
			t.Errorf("%s: the log has %q", path, lines)
		}
	}
	// Half an answer must not look whole.
	server := httptest.NewServer(recovered(mux))
	defer server.Close()
	reply, err := http.Get(server.URL + "/api/begun")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if body, err := io.ReadAll(reply.Body); string(body) != "first" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("received %q, %v", body, err)
	}
}

func TestAnEnvelopeThatCannotBeReadIsAnsweredWith400AndALine(t *testing.T) {
	lines := logged(t)
	handler := invoke(func(Envelope[struct{ Message Quoted[string] }, any]) (*InvocationResult, error) {
		return nil, errors.New("it should not have been called")
	})
	for _, body := range []string{"", "not json", "null", "[]", `{"Data":{}}`, `{"Data":{"message":7},"Metadata":{}}`, `{"Data":{"message":"hello"},"Metadata":{}}`, `{"Data":{"message":"\"a\""},"Metadata":{}} x`} {
		lines.Reset()
		reply := ask(handler, "POST", "/", body)
		if reply.Code != http.StatusBadRequest || !strings.HasPrefix(reply.Body.String(), `Expected a JSON body such as {"Data":{},"Metadata":{}}, and in it what the function reads: `) {
			t.Errorf("%s: received %d %s", body, reply.Code, reply.Body)
		}
		if lines.String() != reply.Body.String() || strings.Count(lines.String(), "\n") != 1 {
			t.Errorf("%s: the log has %q", body, lines)
		}
	}
}

func TestCallersThatCloseTheirConnectionsLoseNothing(t *testing.T) {
	server := httptest.NewServer(recovered(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") })))
	defer server.Close()
	for attempt := range 40 {
		request, err := http.NewRequest("POST", server.URL, strings.NewReader("x"))
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
	for _, port := range []string{takenPort, "", "abc", "http", "-1", "65536"} {
		program := exec.Command(os.Args[0], "-test.run=^TestAPortThatCannotBeOpened", "-test.timeout=20s")
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

// logged is what a test writes to the log.
func logged(t *testing.T) *bytes.Buffer {
	var lines bytes.Buffer
	log.SetOutput(&lines)
	log.SetFlags(0)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return &lines
}
