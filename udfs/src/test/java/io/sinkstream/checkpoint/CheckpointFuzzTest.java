package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sinkstream.chat.ChatMessage;
import io.sinkstream.chat.ChatTemplate;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever stands in a checkpoint's files: a model that is described, or a UserException of one line, in bounded memory and time.
 * Seconds of it are part of the build; {@code -Pfuzz -Dfuzz.minutes=10} has as many minutes, and {@code -Dfuzz.seed} repeats what
 * was drawn. Of a try that fails the seed is told, and its files are left in {@code target/fuzz}, also if the JVM ends.
 */
class CheckpointFuzzTest {
    private static final Path FOLDER = Path.of(System.getProperty("basedir", "."), "target", "fuzz");
    private static final Duration SHORT = Duration.ofSeconds(8);

    /** Of heap for a try, whatever sizes the files declare: they hold about 50 KB themselves. */
    private static final long HEAP_BYTES = 64L << 20;

    /** Of the whole process, for all tries: the native reader of tokenizers has no other measure. */
    private static final long RESIDENT_BYTES = 1L << 30;

    /** Of the tries that a driver would go on with, how many are one whose weights are loaded and run: it takes longer. */
    private static final int LOAD_EACH = 8;

    private static final Duration LONGEST = Duration.ofSeconds(10);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void damagedFilesAreReadOrRefusedInOneLine() throws IOException {
        String minutes = System.getProperty("fuzz.minutes");
        Duration length = minutes == null ? SHORT : Duration.ofMinutes(Integer.parseInt(minutes));
        // A build finds the same each time; a longer run looks elsewhere.
        long seed = Long.getLong("fuzz.seed", minutes == null ? 1 : new Random().nextLong());
        System.out.println("fuzz: seed " + seed);
        List<Map<String, byte[]>> models = models();
        int refused = 0;
        int loaded = 0;
        int tries = 0;
        long end = System.nanoTime() + length.toNanos();
        long resident = 0;
        while (System.nanoTime() < end) {
            // A seed for each try: one is repeated without those before it.
            if (!isRead(models, seed + tries)) {
                refused++;
            } else if (tries % LOAD_EACH == 0) {
                load(seed + tries);
                loaded++;
            }
            if (++tries == 50) {
                resident = residentBytes();
            }
        }
        System.out.println("fuzz: " + tries + " tries, " + refused + " refused, " + loaded + " loaded");
        assertThat(refused).as("refused of " + tries).isGreaterThan(tries / 4).isLessThan(tries);
        assertThat(residentBytes() - resident)
                .as("resident bytes, from seed " + seed)
                .isLessThan(RESIDENT_BYTES);
        delete();
    }

    /** One try; its folder has the same name each time, as a driver's that reads a model again. */
    private static boolean isRead(List<Map<String, byte[]>> models, long seed) throws IOException {
        delete();
        Files.createDirectories(FOLDER);
        Map<String, byte[]> files = models.get(Math.floorMod(new Random(seed).nextInt(), models.size()));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(FOLDER.resolve(file.getKey()), file.getValue());
        }
        new DamagedFiles(seed).damage(FOLDER, files);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        boolean read = false;
        try {
            read(FOLDER);
            read = true;
        } catch (UserException e) {
            assertThat(e.getMessage()).as("-Dfuzz.seed=" + seed).isNotBlank().doesNotContain("\n", "\r");
        } catch (RuntimeException | Error e) {
            throw new AssertionError("-Dfuzz.seed=" + seed + ": its files are in " + FOLDER, e);
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
                .as("bytes of heap, -Dfuzz.seed=" + seed)
                .isLessThan(HEAP_BYTES);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("-Dfuzz.seed=" + seed)
                .isLessThan(LONGEST);
        return read;
    }

    /** What an executor does with what the driver has described: weights are mapped, and a token is predicted or refused. */
    private static void load(long seed) {
        try (StreamModel model = StreamModel.open(ModelOptions.of(FOLDER).withAttention(2, 14))) {
            int[] tokens = {1, 2, 3};
            if (model.problem(tokens).isEmpty()) {
                assertThat(model.advance(new StreamUpdate.Score(null, model.start(), tokens, TokenDetails.NONE)))
                        .isNotNull();
            }
        } catch (UserException e) {
            assertThat(e.getMessage()).as("-Dfuzz.seed=" + seed).isNotBlank().doesNotContain("\n", "\r");
        } catch (RuntimeException | Error e) {
            throw new AssertionError("-Dfuzz.seed=" + seed + ": its files are in " + FOLDER, e);
        }
    }

    /** All that a driver does before a job, and the tokenizer as tasks use it. */
    private static void read(Path folder) {
        assertThat(StreamModel.describe(ModelOptions.of(folder).withAttention(2, 14)))
                .isNotNull();
        Checkpoint checkpoint = Checkpoint.open(folder);
        assertThat(checkpoint.eosTokens()).isNotNull();
        assertThat(checkpoint.contextTokens()).isNotNull();
        assertThat(GenerationConfig.of(folder)).isNotNull();
        checkpoint.chat().ifPresent(CheckpointFuzzTest::render);
        try (TextTokenizer tokenizer = checkpoint.tokenizer().orElse(null)) {
            if (tokenizer != null) {
                assertThat(tokenizer.decode(tokenizer.encode("Streams é 中 end\n")))
                        .isNotNull();
            }
        }
    }

    private static void render(ChatSource source) {
        String text = ChatTemplate.of(source, Clock.systemUTC())
                .prompt(List.of(new ChatMessage("user", "Hello"), new ChatMessage("assistant", "you\n")));
        assertThat(text).isNotNull();
    }

    private static List<Map<String, byte[]>> models() throws IOException {
        List<Map<String, byte[]>> models = new ArrayList<>();
        for (TinyModels model : List.of(
                TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS),
                TinyModels.of(Shape.llama3Scaling()).tokenizer(Prefix.BOS).shards(2),
                TinyModels.of(Shape.biased()).tokenizer(Prefix.BOS),
                TinyModels.of(Shape.mistral()).tokenizer(Prefix.BOS).shards(2))) {
            delete();
            Files.createDirectories(FOLDER);
            var unused = model.write(FOLDER);
            Files.writeString(
                    FOLDER.resolve("generation_config.json"),
                    "{\"eos_token_id\":[1,2],\"max_length\":64,\"temperature\":0.7,\"do_sample\":true}");
            Files.writeString(
                    FOLDER.resolve("tokenizer_config.json"),
                    """
                    {"tokenizer_class":"PreTrainedTokenizerFast","add_bos_token":true,"bos_token":"<s>","eos_token":{"content":"</s>"},
                     "model_max_length":1024,"clean_up_tokenization_spaces":false,
                     "chat_template":"{% for m in messages %}{{ m['content'] }}{% endfor %}"}
                    """);
            Files.writeString(
                    FOLDER.resolve("special_tokens_map.json"), "{\"bos_token\":\"<s>\",\"eos_token\":\"</s>\"}");
            if (models.size() % 2 == 1) {
                Files.writeString(
                        FOLDER.resolve("chat_template.jinja"),
                        "{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}{% endfor %}"
                                + "{% if add_generation_prompt %}<|assistant|>{% endif %}");
            }
            Map<String, byte[]> files = new TreeMap<>();
            try (Stream<Path> paths = Files.list(FOLDER)) {
                for (Path file : paths.toList()) {
                    files.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
            models.add(files);
        }
        return models;
    }

    /** 0 where the system does not say. */
    private static long residentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .sum();
    }

    private static void delete() throws IOException {
        if (!Files.exists(FOLDER)) {
            return;
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(FOLDER);
    }
}
