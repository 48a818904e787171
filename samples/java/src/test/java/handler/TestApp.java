package handler;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** What the tests share: an app on a port of its own, and the handler as a program of its own. */
record TestApp(HttpServer server, HttpClient client) implements AutoCloseable {
    static TestApp start(Routes routes) throws IOException {
        // The client sends `Connection: close` only if it is told that it may, before it is first used.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "connection");
        return new TestApp(Main.start(0, routes), HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
    }

    @Override
    public void close() {
        server.stop(0);
    }

    int port() {
        return server.getAddress().getPort();
    }

    HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + target));
    }

    HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofString(UTF_8));
    }

    /** Status, content type and body of the answer. */
    String send(String method, String target, String body) throws IOException, InterruptedException {
        var publisher = body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
        return described(send(request(target).header("X-Azure-Functions-InvocationId", "some-id").method(method, publisher).build()));
    }

    static String described(HttpResponse<String> response) {
        String type = response.headers().firstValue("Content-Type").orElse("");
        return response.statusCode() + " " + type + " " + response.body();
    }

    static Process program(String port) throws IOException {
        var builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp", System.getProperty("java.class.path"), "handler.Main");
        builder.environment().put("FUNCTIONS_CUSTOMHANDLER_PORT", port);
        return builder.start();
    }
}
