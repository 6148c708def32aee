package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** A hub on this machine, and a store under another host's name that it sends on to for weights; each request may go wrong. */
public final class HubServer implements AutoCloseable {
    /** The commit that main is. */
    public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, String> headers = new TreeMap<>();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final Deque<Fault> hubFaults = new ArrayDeque<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    /** What was asked: where, and with which token. */
    record Request(String method, String host, String path, String range, String authorization) {}

    /** What goes wrong with a request of weights. Returns false to let the server answer after all. */
    interface Fault {
        boolean answer(HttpExchange exchange, byte[] content) throws IOException;
    }

    /** A hub without a file, which listens. */
    public HubServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** The environment of whoever asks it, with the cache in {@code home}. */
    public Map<String, String> environment(Path home) {
        return Map.of("HOME", home.toString(), "HF_ENDPOINT", endpoint(), "HF_HUB_DOWNLOAD_TIMEOUT", "1");
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Has a file of main. */
    public HubServer with(String file, byte[] content) {
        files.put(file, content.clone());
        return this;
    }

    /** Has a file of main. */
    public HubServer with(String file, String content) {
        return with(file, content.getBytes(UTF_8));
    }

    HubServer withHeader(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** What the next requests of weights meet, in this order. */
    HubServer failing(Fault... next) {
        faults.addAll(List.of(next));
        return this;
    }

    /** What the next questions for what the hub has meet, in this order. */
    HubServer failingAtFirst(Fault... next) {
        hubFaults.addAll(List.of(next));
        return this;
    }

    /** Answers with a status and no content. */
    static Fault status(int status, String... retryAfter) {
        return (exchange, content) -> {
            for (String wait : retryAfter) {
                exchange.getResponseHeaders().set("Retry-After", wait);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
            return true;
        };
    }

    /** Promises all and closes the connection after some. */
    static Fault cutAfter(int bytes) {
        return (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, bytes);
            exchange.getResponseBody().flush();
            exchange.close();
            return true;
        };
    }

    /** All that was asked, of any host. */
    List<Request> requests() {
        return requests;
    }

    /** The paths that were asked. */
    public List<String> paths() {
        return requests.stream().map(Request::path).toList();
    }

    /** The requests of contents from the store. */
    List<Request> ofStore() {
        return requests.stream()
                .filter(request -> request.path().startsWith("/store/"))
                .toList();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        requests.add(new Request(
                exchange.getRequestMethod(),
                exchange.getRequestHeaders().getFirst("Host"),
                path,
                exchange.getRequestHeaders().getFirst("Range"),
                exchange.getRequestHeaders().getFirst("Authorization")));
        String file = path.substring(path.lastIndexOf('/') + 1);
        if (path.startsWith("/api/models/org/m/revision/")) {
            Fault fault = next(hubFaults);
            if (fault != null && fault.answer(exchange, new byte[0])) {
                return;
            }
            boolean isKnown = file.equals("main") || file.equals(COMMIT);
            send(exchange, isKnown ? 200 : 404, isKnown ? listing().getBytes(UTF_8) : new byte[0]);
        } else if (path.startsWith("/store/")) {
            Fault fault = next(faults);
            if (fault == null || !fault.answer(exchange, files.get(file))) {
                content(exchange, files.get(file));
            }
        } else if (!path.startsWith("/org/m/resolve/" + COMMIT + "/") || !files.containsKey(file)) {
            send(exchange, 404, new byte[0]);
        } else if (file.endsWith(".safetensors")) {
            exchange.getResponseHeaders().set("X-Linked-Etag", '"' + hash("SHA-256", files.get(file)) + '"');
            exchange.getResponseHeaders().set("X-Linked-Size", "" + files.get(file).length);
            headers.forEach(exchange.getResponseHeaders()::set);
            exchange.getResponseHeaders()
                    .set("Location", endpoint().replace("127.0.0.1", "localhost") + "/store/" + file + "?key=of-store");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        } else {
            byte[] content = files.get(file);
            exchange.getResponseHeaders().set("ETag", "W/\"" + gitHash(content) + '"');
            exchange.getResponseHeaders().set("Content-Length", "" + content.length);
            content(exchange, content);
        }
    }

    private synchronized Fault next(Deque<Fault> of) {
        return of.poll();
    }

    private String listing() {
        String siblings = files.keySet().stream()
                .map(file -> "{\"rfilename\":\"" + file + "\"}")
                .collect(Collectors.joining(","));
        return "{\"id\":\"org/m\",\"sha\":\"" + COMMIT + "\",\"siblings\":[" + siblings + "],\"tags\":[\"x\"]}";
    }

    private static void content(HttpExchange exchange, byte[] content) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range == null) {
            send(exchange, 200, content);
            return;
        }
        int from = Integer.parseInt(range.replaceAll("\\D", ""));
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        send(exchange, 206, Arrays.copyOfRange(content, from, content.length));
    }

    private static void send(HttpExchange exchange, int status, byte[] content) throws IOException {
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead || content.length == 0 ? -1 : content.length);
        if (!isHead && content.length > 0) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(content);
            }
        }
        exchange.close();
    }

    static String gitHash(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(UTF_8);
        byte[] all = Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return hash("SHA-1", all);
    }

    static String hash(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
