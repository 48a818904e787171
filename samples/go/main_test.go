package main

import (
	"bufio"
	"bytes"
	"context"
	"go/format"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	asProgram = "RUN_TEST_BINARY_AS_PROGRAM"
	waitLimit = 20 * time.Second
)

// program is this test binary as the handler, on the port of that variable.
func program(t *testing.T, port string) *exec.Cmd {
	limit, cancel := context.WithTimeout(context.Background(), waitLimit)
	t.Cleanup(cancel)
	command := exec.CommandContext(limit, os.Args[0])
	command.Env = append(os.Environ(), asProgram+"=1", portVariable+"="+port)
	return command
}

func TestTheProgramSaysWhereItListensAndEndsWith0OnSIGTERMAndSIGINT(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		command := program(t, "0")
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(stdout).ReadString('\n')
		url, found := strings.CutPrefix(strings.TrimSpace(line), "Listening on ")
		if err != nil || !found || !strings.HasPrefix(url, "http://127.0.0.1:") {
			t.Fatalf("received `%s`, %v", line, err)
		}
		response, err := http.Get(url + "/api/hello")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != "Hello world" {
			t.Errorf("received `%s`, %v", body, err)
		}
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("%v: expected the exit code 0, received %v", signal, err)
		}
	}
}

func TestTheProgramRefusesAPortThatIsNoneAndNamesTheVariable(t *testing.T) {
	for _, port := range []string{"", "abc", "-1", "70000", "80 ", "8080x"} {
		command := program(t, port)
		var stderr bytes.Buffer
		command.Stderr = &stderr
		if err := command.Run(); err == nil || command.ProcessState.ExitCode() != 1 {
			t.Errorf("`%s`: expected the exit code 1, received %v", port, err)
		}
		if !strings.HasPrefix(stderr.String(), "FUNCTIONS_CUSTOMHANDLER_PORT is `") {
			t.Errorf("`%s`: received `%s`", port, stderr.String())
		}
	}
}

// gofmt -l only lists what is not formatted; a test fails.
func TestSourcesAreFormatted(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if formatted, err := format.Source(source); err != nil || !bytes.Equal(source, formatted) {
			t.Errorf("%s is not formatted, run `gofmt -w %s` (%v)", file, file, err)
		}
	}
}
