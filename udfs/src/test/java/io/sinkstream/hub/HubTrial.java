package io.sinkstream.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A model of the hub, from a server on this machine on which things go wrong, and a cache for it. */
abstract class HubTrial {
    static final String WEIGHTS = "model.safetensors";
    static final HubName NAME = HubName.of("org/m").orElseThrow();
    static final HubName COMMIT = NAME.at(HubServer.COMMIT);
    static final String SECRET = "hf_verySecretToken";

    final byte[] weights = new byte[300_000];
    final NotedSurroundings surroundings = new NotedSurroundings();
    final Map<String, String> environment = new HashMap<>();

    @TempDir
    Path home;

    HubServer server;
    Path model;

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

    Hub hub() {
        return new Hub(new HubEnvironment(environment), HubTrial::shards, surroundings);
    }

    /** An index that is only names, for the cache has no opinion of what is in it. */
    private static List<String> shards(Path index) {
        try {
            return Files.readAllLines(index);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    String refusal() {
        Throwable thrown = catchThrowable(() -> hub().download(NAME));
        assertThat(thrown).isExactlyInstanceOf(UserException.class);
        assertThat(thrown.getMessage()).doesNotContain("\n", "\r", SECRET).isNotBlank();
        return thrown.getMessage();
    }

    Path snapshot(String file) {
        return model.resolve("snapshots").resolve(HubServer.COMMIT).resolve(file);
    }

    Path partial() {
        return model.resolve("blobs/" + HubServer.hash("SHA-256", weights) + ".sinkstream.incomplete");
    }

    void assertIsThere() {
        assertThat(snapshot(WEIGHTS)).hasBinaryContent(weights);
        assertThat(snapshot("config.json")).hasContent("{}");
        assertThat(partial()).doesNotExist();
    }

    static void await(CountDownLatch latch, long millis) {
        try {
            var unused = latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
