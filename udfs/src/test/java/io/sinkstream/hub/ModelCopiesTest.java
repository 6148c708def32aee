package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of other file systems, copied once, whole and as they were pinned, whatever goes wrong. */
class ModelCopiesTest {
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    private Path home;

    private final Memory remote = new Memory();
    private final NotedSurroundings surroundings = new NotedSurroundings();

    /** A folder in memory, whose reads may be spoilt. */
    private static final class Memory implements RemoteFolder {
        private final Map<String, byte[]> files = new TreeMap<>();
        private final AtomicInteger opened = new AtomicInteger();
        private int version;
        private Spoil spoil = in -> in;

        Memory() {
            byte[] weights = new byte[3_000_000];
            new Random(7).nextBytes(weights);
            files.put("config.json", "{}".getBytes(UTF_8));
            files.put("tokenizer.json", "{\"t\": 1}".getBytes(UTF_8));
            files.put("pytorch_model.bin", "a pickle".getBytes(UTF_8));
            files.put(WEIGHTS, weights);
        }

        @Override
        public String name() {
            return "mem:///m";
        }

        @Override
        public List<RemoteFile> files() {
            return files.entrySet().stream()
                    .map(file -> new RemoteFile(file.getKey(), file.getValue().length, "" + version))
                    .toList();
        }

        @Override
        public InputStream open(String file, long from) throws IOException {
            opened.incrementAndGet();
            byte[] content = files.get(file);
            InputStream rest = new ByteArrayInputStream(content, (int) from, content.length - (int) from);
            return file.equals(WEIGHTS) ? spoil.of(rest) : rest;
        }
    }

    private interface Spoil {
        InputStream of(InputStream in) throws IOException;
    }

    private ModelCopies copies() {
        return new ModelCopies(home, index -> lines(index), surroundings);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String refusal() {
        Throwable thrown = catchThrowable(() -> copies().of(remote));
        assertThat(thrown).isExactlyInstanceOf(UserException.class);
        assertThat(thrown.getMessage()).startsWith("mem:///m").doesNotContain("\n");
        assertNothingIsThere();
        return thrown.getMessage();
    }

    private void assertNothingIsThere() {
        assertThat(there()).isEmpty();
    }

    /** The copies, and what was begun. */
    private List<String> there() {
        try (Stream<Path> files = Files.list(home.resolve("sinkstream/models"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(".known") && !name.equals(".locks"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertIsThere(Path copy) {
        assertThat(copy.resolve(WEIGHTS)).hasBinaryContent(remote.files.get(WEIGHTS));
        assertThat(copy.resolve("config.json")).hasContent("{}");
        assertThat(copy.resolve("tokenizer.json")).exists();
        assertThat(copy.resolve("pytorch_model.bin")).doesNotExist();
        assertThat(there()).containsExactly(copy.getFileName().toString());
    }

    @Test
    void aModelIsCopiedOnceAndItsNameIsItsContent() {
        Path copy = copies().of(remote);
        assertIsThere(copy);
        int opened = remote.opened.get();

        assertThat(copies().of(remote)).isEqualTo(copy);
        assertThat(copies().find(copy.getFileName().toString())).contains(copy);
        assertThat(copies().of(remote, copy.getFileName().toString())).isEqualTo(copy);
        assertThat(remote.opened).hasValue(opened);
    }

    @Test
    void anotherVersionOfTheFilesIsAnotherCopyOnlyIfTheyDiffer() {
        Path copy = copies().of(remote);
        remote.version++;
        assertThat(copies().of(remote)).isEqualTo(copy);
        remote.files.get(WEIGHTS)[5]++;
        remote.version++;

        Path other = copies().of(remote);

        assertThat(other).isNotEqualTo(copy);
        assertThat(other.resolve(WEIGHTS)).hasBinaryContent(remote.files.get(WEIGHTS));
        assertThat(copy).exists();
    }

    @Test
    void anotherMachineTakesWhatWasPinnedOrNothing(@TempDir Path elsewhere) {
        String pinned = copies().of(remote).getFileName().toString();
        ModelCopies there = new ModelCopies(elsewhere, index -> List.of());
        remote.files.get(WEIGHTS)[5]++;

        assertThat(catchThrowable(() -> there.of(remote, pinned)))
                .isExactlyInstanceOf(UserException.class)
                .hasMessage("mem:///m: has changed since the run began; begin again, and give each version of a model a"
                        + " folder of its own");
        remote.files.get(WEIGHTS)[5]--;
        assertThat(there.of(remote, pinned).resolve(WEIGHTS)).hasBinaryContent(remote.files.get(WEIGHTS));
    }

    @Test
    void whatChangesWhileItIsCopiedIsRefused() {
        remote.spoil = in -> {
            remote.version++;
            return in;
        };

        assertThat(refusal()).startsWith("mem:///m: has changed since the run began");
    }

    @Test
    void whatIsStillBeingWrittenIsRefused() {
        remote.spoil = in -> new ByteArrayInputStream(Arrays.copyOf(in.readAllBytes(), 3_000_001));

        assertThat(refusal())
                .isEqualTo(
                        "mem:///m/model.safetensors: has more than the 3000000 bytes that its file system says it has; is"
                                + " it still being written?");
    }

    /** Fails at the end of so many bytes. */
    private static InputStream cut(InputStream in, int bytes) {
        return new FilterInputStream(in) {
            private int left = bytes;

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (left == 0) {
                    throw new IOException("connection reset");
                }
                int read = super.read(buffer, offset, Math.min(length, left));
                left -= Math.max(0, read);
                return read;
            }
        };
    }

    @Test
    void aCutConnectionGoesOnWhereItWas() {
        remote.spoil = in -> cut(in, 1_100_000);

        assertIsThere(copies().of(remote));
        assertThat(surroundings.pauses()).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(1));
    }

    @Test
    void aFileThatEndsTooSoonIsReadOnAndThenTold() {
        remote.spoil = in -> new ByteArrayInputStream(in.readNBytes(0));

        assertThat(refusal())
                .isEqualTo("mem:///m/model.safetensors: EOFException (cut at byte 0 of 3000000), 6 times; begin again"
                        + " later");
    }

    @Test
    void aDiskWithoutRoomIsToldBeforeItIsFull() {
        surroundings.freeBytes(3_000_009);

        assertThat(refusal())
                .isEqualTo("mem:///m takes 3000010 bytes, and " + home.resolve("sinkstream/models")
                        + " has room for 3000009; make room, or set XDG_CACHE_HOME to a folder with more");
    }

    @Test
    void onlyTheShardsOfTheIndexAreCopied() {
        remote.files.remove(WEIGHTS);
        remote.files.put("model.safetensors.index.json", "a.safetensors\nb.safetensors".getBytes(UTF_8));
        remote.files.put("a.safetensors", new byte[] {1});
        remote.files.put("other.safetensors", new byte[] {3});
        assertThat(refusal()).isEqualTo("mem:///m: has no b.safetensors, which its model.safetensors.index.json names");
        remote.files.put("b.safetensors", new byte[] {2});

        Path copy = copies().of(remote);

        assertThat(copy.resolve("a.safetensors")).hasBinaryContent(new byte[] {1});
        assertThat(copy.resolve("b.safetensors")).hasBinaryContent(new byte[] {2});
        assertThat(copy.resolve("other.safetensors")).doesNotExist();
    }

    @Test
    void aFolderOfPicklesIsRefused() {
        remote.files.remove(WEIGHTS);

        Throwable thrown = catchThrowable(() -> copies().of(remote));

        assertThat(thrown)
                .isExactlyInstanceOf(UserException.class)
                .hasMessageStartingWith(
                        "mem:///m has no model.safetensors and no model.safetensors.index.json, only pickle,")
                .hasMessageEndingWith("; save the model as safetensors");
    }

    @Test
    void aCopyThatLostAPartIsMadeAnew() throws IOException {
        Path copy = copies().of(remote);
        Files.write(copy.resolve(WEIGHTS), new byte[7]);

        assertThat(copies().find(copy.getFileName().toString())).isEmpty();
        assertThat(copies().of(remote)).isEqualTo(copy);
        assertIsThere(copy);
    }

    @Test
    void whatAKilledProcessLeftIsBegunAnew() throws IOException {
        Path begun = home.resolve("sinkstream/models/." + CopyManifest.hash("mem:///m") + ".incomplete");
        Files.createDirectories(begun);
        Files.write(begun.resolve(WEIGHTS), new byte[3_000_000]);
        Files.write(begun.resolve("generation_config.json"), new byte[1]);

        Path copy = copies().of(remote);

        assertIsThere(copy);
        assertThat(copy.resolve("generation_config.json")).doesNotExist();
    }

    @Test
    void ofManyThreadsOneCopies() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        remote.spoil = in -> {
            await(goesOn);
            return in;
        };
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Future<Path>> all = Stream.generate(() -> threads.submit(() -> copies().of(remote)))
                    .limit(3)
                    .toList();
            goesOn.countDown();
            for (Future<Path> each : all) {
                assertIsThere(each.get(60, TimeUnit.SECONDS));
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(remote.opened).hasValue(3);
    }

    /** As Spark ends a task. */
    @Test
    void whoIsInterruptedIsNotTheUsersFault() throws Exception {
        CountDownLatch isReading = new CountDownLatch(1);
        remote.spoil = in -> {
            isReading.countDown();
            await(new CountDownLatch(1));
            return in;
        };
        List<Throwable> thrown = new ArrayList<>();
        Thread task = new Thread(() -> thrown.add(catchThrowable(() -> copies().of(remote))));
        task.start();
        assertThat(isReading.await(60, TimeUnit.SECONDS)).isTrue();
        task.interrupt();
        task.join();

        assertThat(thrown).singleElement().isInstanceOf(UncheckedIOException.class);
        assertNothingIsThere();
    }

    private static void await(CountDownLatch latch) {
        try {
            var unused = latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
