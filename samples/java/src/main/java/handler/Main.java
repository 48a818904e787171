package handler;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** The program: finds its port and serves what Routes answers. */
public final class Main {
    /** Starts the handler; it runs until it is ended. */
    public static void main(String[] arguments) {
        // The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
        String named = System.getenv("FUNCTIONS_CUSTOMHANDLER_PORT");
        String port = named == null ? "8081" : named;
        try {
            HttpServer server = start(Integer.parseInt(port), Routes.all());
            System.out.printf("Listening on http://127.0.0.1:%d%s%n", server.getAddress().getPort(),
                    named == null ? " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)" : "");
            // When the host stops it kills the handler: there is no signal to wait for.
        } catch (IllegalArgumentException | IOException e) {
            System.err.printf("Cannot listen on port `%s` (%s): set FUNCTIONS_CUSTOMHANDLER_PORT to a free port, "
                    + "or unset it to listen on 8081%n", port, e.getMessage());
            System.exit(1);
        }
    }

    /** Starts to listen on 127.0.0.1; port 0 lets the system choose one. */
    static HttpServer start(int port, HttpHandler handler) throws IOException {
        // Without this the JDK's server holds back the body of each answer for some 40 ms (Nagle and delayed ACK).
        System.setProperty("sun.net.httpserver.nodelay", "true");
        // The JDK's server closes an idle connection without a word, and a request that comes at this moment is lost.
        // So it waits longer than the host does (60 s), and for more connections than the host will have.
        System.setProperty("sun.net.httpserver.idleInterval", "120");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "10000");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", handler);
        // A thread for each running request. On Java 21, newVirtualThreadPerTaskExecutor() needs less memory for them.
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        return server;
    }
}
