// A custom handler for Azure Functions: it finds its port and serves the routes of routes.go.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
)

func main() {
	log.SetFlags(0) // The host's log has the time of each line.
	// The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
	port, isSet := os.LookupEnv("FUNCTIONS_CUSTOMHANDLER_PORT")
	note := ""
	if !isSet {
		port, note = "8081", " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)"
	}
	var listener net.Listener
	// net.Listen would take "" for any port, and "http" for 80.
	address, err := netip.ParseAddrPort("127.0.0.1:" + port)
	if err == nil {
		listener, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(address))
	}
	if err != nil {
		log.Fatalf("Cannot listen on port `%s` (%v): set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, or unset it to listen on 8081", port, err)
	}
	fmt.Printf("Listening on http://%s%s\n", listener.Addr(), note)
	// When the host stops it kills the handler: there is no signal to wait for.
	log.Fatal(http.Serve(listener, routes()))
}
