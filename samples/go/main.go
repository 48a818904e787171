// A custom handler for Azure Functions: it finds its port, serves the routes of routes.go and stops when it is asked to.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const (
	developmentPort   = 8081
	portVariable      = "FUNCTIONS_CUSTOMHANDLER_PORT"
	stopLimit         = 3 * time.Second
	readHeaderTimeout = 10 * time.Second
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	// docker stop and Ctrl-C send SIGTERM and SIGINT: stop listening, finish what is running and exit.
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	listener, err := listen()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: routes(), ReadHeaderTimeout: readHeaderTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	select {
	case err := <-failed:
		return err
	case <-asked.Done():
		return shutDown(server)
	}
}

// listen opens the host's port, or else the one for development, and says which.
func listen() (net.Listener, error) {
	// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
	value, given := os.LookupEnv(portVariable)
	port, why := uint64(developmentPort), " ("+portVariable+" is not set)"
	if given {
		var err error
		if port, err = strconv.ParseUint(value, 10, 16); err != nil {
			return nil, fmt.Errorf("%s is `%s`, not a port number\nhint: set it to a number up to 65535, or unset it to listen on %d",
				portVariable, value, developmentPort)
		}
		why = ""
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("Cannot listen on 127.0.0.1:%d: %w", port, err)
	}
	fmt.Printf("Listening on http://%s%s\n", listener.Addr(), why)
	return listener, nil
}

func shutDown(server *http.Server) error {
	limit, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	err := server.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Fprintf(os.Stderr, "Requests were still running %g s after the signal to stop\n", stopLimit.Seconds())
		return nil
	}
	return err
}
