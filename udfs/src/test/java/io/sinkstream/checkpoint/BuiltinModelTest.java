package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BuiltinModelTest {
    /** What a jar may hold of it. */
    private static final long LARGEST = 8_000_000;

    @TempDir
    private Path home;

    @Test
    void itIsUnpackedOnceIntoTheUsersCache() throws IOException {
        Path folder = ModelLocation.resolve("builtin", Map.of("HOME", home.toString()));

        assertThat(folder.getParent()).isEqualTo(home.resolve(".cache/sinkstream"));
        Checkpoint checkpoint = Checkpoint.open(folder);
        assertThat(checkpoint.config().modelType()).isEqualTo("llama");
        // The learned sink is in front of every stream, and nothing of a line is lost.
        try (TextTokenizer tokenizer = checkpoint.tokenizer().orElseThrow()) {
            assertThat(tokenizer.prefix()).containsExactly(0);
            String line = "26/01/02 03:04:05 ERROR Executor: Exception in task 1.0 in stage 2.0 (TID 3)\n";
            assertThat(tokenizer.decode(tokenizer.encode(line))).isEqualTo(line);
        }
        long size = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                size += Files.size(file);
            }
        }
        assertThat(size).isLessThan(LARGEST);
        assertThat(ModelLocation.resolve("builtin", Map.of("HOME", "/nowhere", "XDG_CACHE_HOME", home + "/.cache")))
                .isEqualTo(folder);
    }

    @Test
    void whoeverAsksAtTheSameTimeFindsAllOfIt() throws Exception {
        int threads = 8;
        CountDownLatch start = new CountDownLatch(1);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Path>> folders = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                folders.add(pool.submit(() -> {
                    start.await();
                    Path folder = BuiltinModel.folder(home);
                    assertThat(folder.resolve("model.safetensors")).isNotEmptyFile();
                    return folder;
                }));
            }
            start.countDown();
            HashSet<Path> distinct = new HashSet<>();
            for (Future<Path> folder : folders) {
                distinct.add(folder.get());
            }
            assertThat(distinct).hasSize(1);
            try (Stream<Path> left = Files.list(home.resolve("sinkstream"))) {
                assertThat(left).containsExactlyElementsOf(distinct);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aCacheThatCanNotBeWrittenIsTold() throws IOException {
        Path file = Files.createFile(home.resolve("file"));

        assertThat(refusal(() -> ModelLocation.resolve("builtin", Map.of("XDG_CACHE_HOME", file.toString()))))
                .startsWith("--model builtin: can't be unpacked to " + file)
                .contains("set XDG_CACHE_HOME");
    }
}
