// A custom handler for Azure Functions: it finds its port and serves the routes of routes.go.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	log.SetFlags(0) // The host's log has the time of each line.
	// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
	port, note := os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), ""
	if port == "" {
		port, note = "8081", " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		log.Fatalf("Cannot listen on port `%s` (%v): set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081", port, err)
	}
	fmt.Printf("Listening on http://%s%s\n", listener.Addr(), note)
	// When the host stops it kills the handler: there is no signal to wait for.
	log.Fatal(http.Serve(listener, routes()))
}
