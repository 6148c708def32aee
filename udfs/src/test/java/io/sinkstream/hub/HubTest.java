package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is brought from the hub, and what is not; by one of several that want it. */
class HubTest extends HubTrial {
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
