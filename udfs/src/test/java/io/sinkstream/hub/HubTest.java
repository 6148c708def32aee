package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models of the hub, from a server on this machine on which things go wrong. */
class HubTest {
    private static final String WEIGHTS = "model.safetensors";
    private static final HubName NAME = HubName.of("org/m").orElseThrow();
    private static final HubName COMMIT = NAME.at(HubServer.COMMIT);
    private static final String SECRET = "hf_verySecretToken";

    private final byte[] weights = new byte[300_000];
    private final List<Duration> pauses = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private long freeBytes = Long.MAX_VALUE;

    @TempDir
    private Path home;

    private HubServer server;
    private Path model;

    @BeforeEach
    void serve() throws IOException {
        new Random(5).nextBytes(weights);
        server = new HubServer()
                .with("config.json", "{}")
                .with("tokenizer.json", "{\"t\": 1}")
                .with("pytorch_model.bin", "a pickle")
                .with("README.md", "read me")
                .with(WEIGHTS, weights);
        environment.putAll(server.environment(home));
        model = home.resolve(".cache/huggingface/hub/models--org--m");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Hub hub() {
        Surroundings surroundings = new Surroundings() {
            @Override
            public void pause(Duration time) {
                pauses.add(time);
            }

            @Override
            public long freeBytes(Path folder) {
                return freeBytes;
            }
        };
        return new Hub(new HubEnvironment(environment), HubTest::shards, surroundings);
    }

    /** An index that is only names, for the cache has no opinion of what is in it. */
    private static List<String> shards(Path index) {
        try {
            return Files.readAllLines(index);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String refusal() {
        Throwable thrown = catchThrowable(() -> hub().download(NAME));
        assertThat(thrown).isExactlyInstanceOf(UserException.class);
        assertThat(thrown.getMessage()).doesNotContain("\n", "\r", SECRET).isNotBlank();
        return thrown.getMessage();
    }

    private Path snapshot(String file) {
        return model.resolve("snapshots").resolve(HubServer.COMMIT).resolve(file);
    }

    private Path partial() {
        return model.resolve("blobs/" + HubServer.hash("SHA-256", weights) + ".sinkstream.incomplete");
    }

    private void assertIsThere() {
        assertThat(snapshot(WEIGHTS)).hasBinaryContent(weights);
        assertThat(snapshot("config.json")).hasContent("{}");
        assertThat(partial()).doesNotExist();
    }

    @Test
    void theCacheIsAsPythonHasIt() throws IOException {
        assertThat(hub().download(NAME)).isEqualTo(COMMIT);

        assertIsThere();
        assertThat(model.resolve("refs/main")).hasContent(HubServer.COMMIT);
        assertThat(Files.readSymbolicLink(snapshot(WEIGHTS)))
                .isEqualTo(Path.of("../../blobs/" + HubServer.hash("SHA-256", weights)));
        assertThat(Files.readSymbolicLink(snapshot("config.json")))
                .isEqualTo(Path.of("../../blobs/" + HubServer.gitHash("{}".getBytes(UTF_8))));
        try (Stream<Path> files = Files.list(snapshot("."))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("config.json", "tokenizer.json", WEIGHTS);
        }
        assertThat(model.resolve(".no_exist/" + HubServer.COMMIT + "/tokenizer_config.json"))
                .isEmptyFile();
        assertThat(server.paths()).noneMatch(path -> path.contains(".bin") || path.contains("README"));
    }

    @Test
    void whatIsThereIsNotAskedFor() {
        assertThat(hub().isComplete(COMMIT)).isFalse();
        hub().download(NAME);
        assertThat(hub().isComplete(COMMIT)).isTrue();
        server.requests().clear();

        hub().download(COMMIT);
        assertThat(server.paths()).containsExactly("/api/models/org/m/revision/" + HubServer.COMMIT);
    }

    @Test
    void onlyTheShardsOfTheIndexAreBrought() {
        server.close();
        try (HubServer sharded = shardedServer()) {
            environment.putAll(sharded.environment(home));
            hub().download(NAME);

            assertThat(snapshot("a.safetensors")).hasContent("a");
            assertThat(snapshot("b.safetensors")).hasContent("b");
            assertThat(snapshot("consolidated.safetensors")).doesNotExist();
            assertThat(hub().isComplete(COMMIT)).isTrue();
        }
    }

    private static HubServer shardedServer() {
        try {
            return new HubServer()
                    .with("config.json", "{}")
                    .with("model.safetensors.index.json", "a.safetensors\nb.safetensors\n")
                    .with("a.safetensors", "a")
                    .with("b.safetensors", "b")
                    .with("consolidated.safetensors", "the same again");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theTokenGoesToTheHubAndToNoOtherHost() {
        environment.put("HF_TOKEN", SECRET);
        hub().download(NAME);

        assertThat(server.ofStore()).isNotEmpty().allSatisfy(request -> {
            assertThat(request.host()).startsWith("localhost:");
            assertThat(request.authorization()).isNull();
        });
        assertThat(server.requests())
                .filteredOn(request -> request.host().startsWith("127.0.0.1:"))
                .isNotEmpty()
                .allMatch(request -> request.authorization().equals("Bearer " + SECRET));
    }

    @Test
    void aCutConnectionGoesOnWhereItWas() {
        server.failing(HubServer.cutAfter(100_000));
        hub().download(NAME);

        assertIsThere();
        assertThat(server.ofStore()).hasSize(2);
        // How much of what was sent came before the cut is the system's.
        assertThat(server.ofStore().get(1).range()).matches("bytes=[0-9]+-");
        assertThat(pauses).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void aServerThatKnowsNoRangesBeginsAnew() {
        server.failing(HubServer.cutAfter(100_000), (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
            return true;
        });
        hub().download(NAME);

        assertIsThere();
    }

    @Test
    void aSlowDripIsWaitedForAndAStallIsCut() throws IOException {
        CountDownLatch over = new CountDownLatch(1);
        server.failing((exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            for (int i = 0; i < 12; i++) {
                exchange.getResponseBody().write(content, i, 1);
                exchange.getResponseBody().flush();
                await(over, 200);
            }
            // Longer than the second that the environment allows.
            await(over, 20_000);
            exchange.close();
            return true;
        });
        hub().download(NAME);
        over.countDown();

        assertIsThere();
        assertThat(server.ofStore()).extracting(HubServer.Request::range).containsExactly(null, "bytes=12-");
    }

    private static void await(CountDownLatch latch, long millis) {
        try {
            var unused = latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @CsvSource({"408, 1", "500, 1", "502, 1", "503, 1", "429, 1"})
    void aBusyHubIsAskedAgain(int status, int seconds) {
        server.failing(HubServer.status(status), HubServer.status(status));
        hub().download(NAME);

        assertIsThere();
        assertThat(pauses).containsExactly(Duration.ofSeconds(seconds), Duration.ofSeconds(2));
    }

    @Test
    void retryAfterIsObeyed() {
        String then = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(100).format(DateTimeFormatter.RFC_1123_DATE_TIME);
        server.failing(HubServer.status(429, "17"), HubServer.status(503, then));
        hub().download(NAME);

        assertIsThere();
        assertThat(pauses.get(0)).isEqualTo(Duration.ofSeconds(17));
        assertThat(pauses.get(1)).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(100));
    }

    @Test
    void aWaitThatIsTooLongIsTold() {
        server.failing(HubServer.status(429, "3600"));

        assertThat(refusal())
                .isEqualTo(COMMIT + ": " + WEIGHTS + " from " + server.endpoint()
                        + ": it answers 429 and asks to wait 3600 s; begin again then: what came is kept");
        assertThat(pauses).isEmpty();
    }

    @Test
    void aHubThatStaysBusyIsToldAfterSixTimes() {
        for (int i = 0; i < 6; i++) {
            server.failing(HubServer.status(500));
        }

        assertThat(refusal()).endsWith(": it answers 500, 6 times; begin again later: what came is kept");
        assertThat(pauses).hasSize(5).endsWith(Duration.ofSeconds(16));
    }

    @Test
    void aHubThatIsNotThereIsTold() {
        server.close();

        assertThat(refusal())
                .startsWith("org/m@main from " + server.endpoint() + ": ConnectException")
                .endsWith(", 6 times; begin again later: what came is kept");
    }

    @ParameterizedTest
    @CsvSource({
        "401, there is no such model, or not for everyone; the token",
        "403, accept the terms at",
        "404, 'there is no such model, revision or file'",
        "418, expected 200; check HF_ENDPOINT"
    })
    void whatTheHubRefusesIsTold(int status, String advice) {
        environment.put("HF_TOKEN", SECRET);
        server.failing(HubServer.status(status));

        assertThat(refusal())
                .startsWith(server.endpoint() + " answers " + status + " for " + COMMIT)
                .contains(advice);
        assertThat(pauses).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"401, the token", "403, accept the terms at", "404, 'there is no such model, revision or file'"})
    void whatTheHubRefusesAtFirstIsTold(int status, String advice) {
        environment.put("HF_TOKEN", SECRET);
        server.failingAtFirst(HubServer.status(status));

        assertThat(refusal())
                .startsWith(server.endpoint() + " answers " + status + " for org/m@main: ")
                .contains(advice);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aHubThatIsBusyAtFirstIsWaitedFor() {
        server.failingAtFirst(HubServer.status(429, "17"), HubServer.status(503), (exchange, content) -> {
            // Cut in mid-answer.
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write('{');
            exchange.close();
            return true;
        });
        hub().download(NAME);

        assertIsThere();
        assertThat(pauses).containsExactly(Duration.ofSeconds(17), Duration.ofSeconds(2), Duration.ofSeconds(4));
    }

    @Test
    void withoutATokenTheHubMayWantOne() {
        server.failing(HubServer.status(401));

        assertThat(refusal()).endsWith("for a private one set HF_TOKEN");
    }

    @Test
    void aRevisionThatIsNotThereIsTold() {
        Throwable thrown = catchThrowable(() -> hub().download(NAME.at("v9")));

        assertThat(thrown)
                .hasMessage(server.endpoint() + " answers 404 for org/m@v9: there is no such model, revision or file");
    }

    @Test
    void contentOfAnotherHashIsRefusedAndNotKept() {
        byte[] other = weights.clone();
        other[77]++;
        server.failing((exchange, content) -> {
            exchange.sendResponseHeaders(200, other.length);
            exchange.getResponseBody().write(other);
            exchange.close();
            return true;
        });

        assertThat(refusal())
                .isEqualTo(COMMIT + ": " + WEIGHTS + " from " + server.endpoint() + " is not what its hash, "
                        + HubServer.hash("SHA-256", weights) + ", says; begin again, or check HF_ENDPOINT");
        assertThat(partial()).doesNotExist();
        assertThat(snapshot(WEIGHTS)).doesNotExist();
        assertThat(model.resolve("refs/main")).doesNotExist();

        hub().download(NAME);
        assertIsThere();
    }

    @Test
    void aPartOfSomethingElseIsBroughtAnew() throws IOException {
        Files.createDirectories(partial().getParent());
        Files.write(partial(), new byte[1000]);
        hub().download(NAME);

        assertIsThere();
        assertThat(server.ofStore()).extracting(HubServer.Request::range).containsExactly("bytes=1000-", null);
    }

    @Test
    void moreThanTheHubSaidIsRefused() {
        server.withHeader("X-Linked-Size", "1000");

        assertThat(refusal()).endsWith(" has more than the 1000 bytes that the hub says it has");
        assertThat(partial())
                .satisfiesAnyOf(file -> assertThat(file).doesNotExist(), file -> assertThat(Files.size(file))
                        .isLessThan(1001));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../../x", "", "0123", "ABCDEF0123456789abcdef0123456789abcdef01"})
    void aHashThatIsNoneNamesNoFile(String etag) {
        server.withHeader("X-Linked-Etag", '"' + etag + '"');

        assertThat(refusal()).startsWith(WEIGHTS + ": the hub gives no hash of it");
    }

    @Test
    void aDiskWithoutRoomIsToldBeforeItIsFull() {
        freeBytes = 299_999;

        assertThat(refusal())
                .isEqualTo(COMMIT + ": " + WEIGHTS + " takes 300000 more bytes, and "
                        + model.resolve("blobs") + " has room for 299999; make room, or set HF_HOME to a folder with"
                        + " more");
    }

    @Test
    void aDiskThatIsFullIsTold() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "there is no /dev/full");
        Files.createDirectories(partial().getParent());
        Files.createSymbolicLink(partial(), full);

        assertThat(refusal())
                .startsWith(partial() + ": can't be written (No space left on device); make room, or set HF_HOME");
        assertThat(pauses).isEmpty();

        Files.delete(partial());
        hub().download(NAME);
        assertIsThere();
    }

    @Test
    void ofTwoThreadsAndAProcessOneDownloads() throws Exception {
        CountDownLatch isAsked = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        server.failing((exchange, content) -> {
            isAsked.countDown();
            await(goesOn, 60_000);
            return false;
        });
        Process other = HubDownload.start(server, home, "org/m");
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            assertThat(isAsked.await(60, TimeUnit.SECONDS)).isTrue();
            List<Future<HubName>> both =
                    List.of(threads.submit(() -> hub().download(NAME)), threads.submit(() -> hub().download(NAME)));
            // They wait for the process, or they would ask for it themselves.
            while (server.requests().stream()
                            .filter(request -> request.method().equals("HEAD"))
                            .filter(request -> request.path().endsWith(WEIGHTS))
                            .count()
                    < 3) {
                Thread.onSpinWait();
            }
            goesOn.countDown();
            for (Future<HubName> each : both) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isEqualTo(COMMIT);
            }
            assertThat(other.waitFor()).isZero();
        } finally {
            other.destroyForcibly();
            threads.shutdownNow();
        }
        assertIsThere();
        assertThat(server.ofStore()).hasSize(1);
    }

    @Test
    void whoWasKilledGoesOnWhereItWas() throws Exception {
        CountDownLatch isOver = new CountDownLatch(1);
        server.failing((exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, 200_000);
            exchange.getResponseBody().flush();
            await(isOver, 60_000);
            exchange.close();
            return true;
        });
        Process killed = HubDownload.start(server, home, "org/m");
        while (killed.isAlive() && (!Files.exists(partial()) || Files.size(partial()) < 200_000)) {
            Thread.onSpinWait();
        }
        killed.destroyForcibly().waitFor();
        isOver.countDown();
        assertThat(snapshot(WEIGHTS)).doesNotExist();

        hub().download(NAME);
        assertIsThere();
        assertThat(server.ofStore()).extracting(HubServer.Request::range).containsExactly(null, "bytes=200000-");
    }

    @Test
    void aModelOfPicklesIsRefused() throws IOException {
        try (HubServer pickles = new HubServer().with("config.json", "{}").with("pytorch_model.bin", "x")) {
            environment.putAll(pickles.environment(home));

            assertThat(refusal())
                    .isEqualTo(pickles.endpoint() + ": org/m@main has no model.safetensors and no"
                            + " model.safetensors.index.json, only pickle, which can run code when it is read and is"
                            + " never downloaded; take a revision that has safetensors");
            assertThat(pickles.paths()).hasSize(1);
        }
    }

    @Test
    void namesThatLeadOutOfTheFolderAreNotAskedFor() throws IOException {
        try (HubServer hostile = new HubServer()
                .with("../../../config.json", "x")
                .with("/etc/model.safetensors", "x")
                .with("config.json", "{}")
                .with(WEIGHTS, weights)) {
            environment.putAll(hostile.environment(home));
            hub().download(NAME);

            assertIsThere();
            assertThat(hostile.paths()).noneMatch(path -> path.contains("..") || path.contains("/etc"));
        }
    }
}
