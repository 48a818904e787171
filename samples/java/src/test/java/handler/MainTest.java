package handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The handler over real HTTP. */
@Timeout(30)
class MainTest {
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Main.Service service;

    @BeforeEach
    void start() throws IOException {
        service = Main.start(0);
    }

    @AfterEach
    void stop() {
        service.stop();
    }

    @Test
    void readsThePort() {
        assertEquals(8081, Main.port(null));
        assertEquals(7071, Main.port("7071"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "80 80", "65536", "999999"})
    void refusesWhatIsNoPort(String named) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> Main.port(named));
        assertTrue(refusal.getMessage().startsWith("FUNCTIONS_CUSTOMHANDLER_PORT is `" + named + "`, not a port number"));
    }

    @Test
    void saysWhichPortIsTaken() {
        var refusal = assertThrows(IOException.class, () -> Main.start(service.port()));
        assertTrue(refusal.getMessage().startsWith("Cannot listen on 127.0.0.1:" + service.port()));
    }

    @Test
    void answersGet() throws Exception {
        var response = send("GET", "/api/hello", BodyPublishers.noBody());
        assertEquals(200, response.statusCode());
        assertEquals("text/plain; charset=utf-8", header(response, "Content-Type"));
        assertEquals("Hello world", response.body());
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        var response = send("HEAD", "/api/hello", BodyPublishers.noBody());
        assertEquals(200, response.statusCode());
        assertEquals("11", header(response, "Content-Length"));
        assertEquals("", response.body());
    }

    @Test
    void answersAnotherMethodWithWhatIsAllowed() throws Exception {
        var response = send("POST", "/api/hello", BodyPublishers.ofString("x"));
        assertEquals(405, response.statusCode());
        assertEquals("GET, HEAD", header(response, "Allow"));
    }

    @Test
    void passesPathQueryAndHeadersOn() throws Exception {
        var response = send("GET", "/api/SimpleHttpTriggerWithReturn?a=%2F%C3%AB&flag&b=+", BodyPublishers.noBody());
        assertEquals("application/json", header(response, "Content-Type"));
        assertEquals(
                "{\"method\":\"GET\",\"path\":\"/api/SimpleHttpTriggerWithReturn\","
                        + "\"query\":{\"a\":\"/ë\",\"flag\":\"\",\"b\":\" \"},\"bytes\":0,\"invocationId\":\"42\"}",
                response.body());
    }

    @Test
    void answersWhatIsNoEscapeWithABadRequest() throws Exception {
        try (var socket = new Socket("127.0.0.1", service.port())) {
            socket.getOutputStream().write("GET /api/SimpleHttpTrigger?name=%zz HTTP/1.1\r\n\r\n".getBytes(UTF_8));
            var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
            assertEquals("HTTP/1.1 400 Bad Request", reader.readLine());
        }
    }

    @Test
    void answersAChunkedEnvelopeWithALargeBlob() throws Exception {
        byte[] blob = new byte[8 << 20];
        new Random(2).nextBytes(blob);
        String base64 = Base64.getEncoder().encodeToString(blob);
        byte[] envelope = ("{\"Data\":{\"blob\":\"" + base64 + "\"},\"Metadata\":{\"name\":\"\\\"a b é.bin\\\"\"}}")
                .getBytes(UTF_8);
        // A stream of unknown length is sent in chunks.
        var response = send(
                "POST", "/BlobTrigger", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(envelope)));
        assertEquals(200, response.statusCode());
        assertEquals("application/json", header(response, "Content-Type"));
        assertEquals(
                "{\"Outputs\":{},\"Logs\":[\"Copied a b é.bin, 8388608 bytes\"],\"ReturnValue\":\"" + base64 + "\"}",
                response.body());
    }

    @Test
    void refusesConnectionsOnceStopped() throws Exception {
        send("GET", "/", BodyPublishers.noBody());
        service.stop();
        assertThrows(ConnectException.class, () -> send("GET", "/", BodyPublishers.noBody()));
    }

    private HttpResponse<String> send(String method, String target, BodyPublisher body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + target))
                .header("X-Azure-Functions-InvocationId", "42")
                .method(method, body)
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse(null);
    }
}
