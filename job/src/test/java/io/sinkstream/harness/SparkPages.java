package io.sinkstream.harness;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The pages of Spark's UI and the answers of its REST API for an application that has ended, of Spark's history server. */
public final class SparkPages {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern LINK = Pattern.compile("(?:href|src)=['\"]([^'\"#]+)");

    /** Of the REST API, below the application's own address. */
    private static final List<String> ANSWERS = List.of(
            "jobs",
            "stages?withSummaries=true&details=true",
            "executors",
            "allexecutors",
            "storage/rdd",
            "environment",
            "sql?details=true&planDescription=true");

    private SparkPages() {}

    /**
     * All of them, by their paths, as far as links from the application's first page lead.
     *
     * @param events the folder of its event log
     */
    public static Map<String, String> of(InstalledSpark spark, String name, Path events)
            throws IOException, InterruptedException {
        int port = Ports.free();
        Path conf = Files.write(
                events.resolveSibling(name + ".conf"),
                List.of("spark.history.ui.port " + port, "spark.history.fs.logDirectory " + events.toUri()));
        Process server = spark.start(
                name,
                events.getParent(),
                "org.apache.spark.deploy.history.HistoryServer",
                List.of("--properties-file", conf.toString()));
        try {
            Site site = new Site(URI.create("http://localhost:" + port));
            return site.pages(site.application(server));
        } finally {
            server.destroy();
            server.onExit().join();
            spark.deleteLocal(name);
        }
    }

    private static final class Site {
        private final URI root;
        private final HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();

        Site(URI root) {
            this.root = root;
        }

        /** The name of the one application, as soon as the server knows it. */
        String application(Process server) throws IOException, InterruptedException {
            Pattern id = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < deadline) {
                try {
                    Matcher found = id.matcher(text(root.resolve("/api/v1/applications")));
                    if (found.find()) {
                        return found.group(1);
                    }
                } catch (ConnectException e) {
                    // Not yet.
                }
                if (server.waitFor(100, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException("the history server ended with " + server.exitValue());
                }
            }
            throw new IllegalStateException("the history server knows no application");
        }

        Map<String, String> pages(String application) throws IOException, InterruptedException {
            Map<String, String> pages = new LinkedHashMap<>();
            for (String answer : ANSWERS) {
                URI uri = root.resolve("/api/v1/applications/" + application + "/" + answer);
                pages.put(uri.getPath(), text(uri));
            }
            String own = "/history/" + application + "/";
            Deque<URI> next = new ArrayDeque<>(List.of(root.resolve(own + "jobs/")));
            while (!next.isEmpty()) {
                URI uri = next.remove();
                String path = uri.toString().substring(root.toString().length());
                if (pages.containsKey(path)) {
                    continue;
                }
                String page = text(uri);
                pages.put(path, page);
                for (String link : links(page)) {
                    URI linked = root.resolve(link);
                    if (link.startsWith(own)) {
                        next.add(linked);
                    }
                }
            }
            return pages;
        }

        private static List<String> links(String page) {
            List<String> links = new ArrayList<>();
            Matcher link = LINK.matcher(page);
            while (link.find()) {
                String to = link.group(1).replace("&amp;", "&");
                if (!to.contains("kill") && to.chars().allMatch(c -> c > ' ' && c < 127)) {
                    links.add(to);
                }
            }
            return links;
        }

        private String text(URI uri) throws IOException, InterruptedException {
            HttpRequest request =
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
