package handler;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The program: finds its port, serves what Routes answers, stops when it is asked to. */
public final class Main {
    private static final String PORT_VARIABLE = "FUNCTIONS_CUSTOMHANDLER_PORT";
    private static final int DEVELOPMENT_PORT = 8081;
    private static final int STOP_LIMIT_SECONDS = 3;

    /** Longer than the host keeps an idle connection (one minute), so that it never sends into one just closed here. */
    private static final int KEEP_ALIVE_SECONDS = 120;

    private Main() {}

    /** Starts the handler; it runs until it is told to stop. */
    public static void main(String[] arguments) {
        String named = System.getenv(PORT_VARIABLE);
        try {
            Service service = start(port(named));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                service.stop();
                // The JVM would report the signal as its exit status; a stop that was asked for is a success.
                Runtime.getRuntime().halt(0);
            }));
            System.out.printf("Listening on http://127.0.0.1:%d%s%n", service.port(),
                    named == null ? " (" + PORT_VARIABLE + " is not set)" : "");
        } catch (IllegalArgumentException | IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Reads the port from what the environment says.
     *
     * @param named the value of {@code FUNCTIONS_CUSTOMHANDLER_PORT}, {@code null} where it is not set
     * @throws IllegalArgumentException when the value is no port
     */
    // The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
    static int port(String named) {
        if (named == null) {
            return DEVELOPMENT_PORT;
        }
        if (!named.matches("[0-9]{1,5}") || Integer.parseInt(named) > 65535) {
            throw new IllegalArgumentException(PORT_VARIABLE + " is `" + named + "`, not a port number\n"
                    + "hint: set it to a number up to 65535, or unset it to listen on " + DEVELOPMENT_PORT);
        }
        return Integer.parseInt(named);
    }

    /** Starts to listen on 127.0.0.1; port 0 lets the system choose one. */
    static Service start(int port) throws IOException {
        // Without this the JDK's server holds back each answer's body for some 40 ms (Nagle against delayed ACK).
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.idleInterval", Integer.toString(KEEP_ALIVE_SECONDS));

        HttpServer server;
        try {
            InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            server = HttpServer.create(new InetSocketAddress(loopback, port), 0);
        } catch (IOException e) {
            throw new IOException("Cannot listen on 127.0.0.1:" + port + ": " + e.getMessage(), e);
        }
        ExecutorService workers = Executors.newCachedThreadPool();
        server.setExecutor(workers);
        server.createContext("/", Routes::serve);
        server.start();
        return new Service(server, workers);
    }

    /** A server that listens. */
    record Service(HttpServer server, ExecutorService workers) {
        int port() {
            return server.getAddress().getPort();
        }

        // docker stop and Ctrl-C send SIGTERM and SIGINT: stop listening, finish what is running and exit.
        void stop() {
            workers.shutdown();
            try {
                if (!workers.awaitTermination(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    System.err.printf("Requests were still running %d s after the signal to stop%n", STOP_LIMIT_SECONDS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server.stop(0);
        }
    }
}
