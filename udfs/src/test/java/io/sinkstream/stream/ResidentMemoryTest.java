package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.testing.Shared;
import io.sinkstream.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process holds while streams run for long. Native values have no finalizer, so one that is left open in a pass
 * shows here and nowhere else.
 *
 * <p>Measured in a JVM of its own whose heap is fixed and touched at its start: a heap that breathes would hide a leak, or
 * look like one. So would the optimizing compiler, whose work space came and went by 30 MB of 450; it is turned off.
 */
@Tag("integration")
class ResidentMemoryTest {
    private static final Logger LOG = LoggerFactory.getLogger(ResidentMemoryTest.class);
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final double GROWTH = 1.05;

    @TempDir
    private Path folder;

    /** How streams may run for long. */
    enum Workload {
        /** One stream of a million tokens; after its first 50,000. */
        ONE_ENDLESS_STREAM(50, 1000) {
            @Override
            IntConsumer on(StreamModel model) {
                Random random = new Random(1);
                StreamName name = new StreamName("test", "endless");
                StreamState[] state = {model.start()};
                int vocabulary = model.description().vocabularySize();
                return i -> {
                    int[] row = random.ints(1000, 0, vocabulary).toArray();
                    state[0] = advance(model, StreamUpdate.score(name, state[0], row));
                };
            }
        },

        /** One stream of 24,000 short rows, some of them continued; after 10,000 tokens. */
        SHORT_ROWS(4000, 24_000) {
            @Override
            IntConsumer on(StreamModel model) {
                StreamName name = new StreamName("test", "short rows");
                StreamState[] state = {model.start()};
                return i -> {
                    int[] row = SHAPE.tokens(1 + i % 4, i);
                    state[0] = advance(
                            model,
                            i % 10 == 0
                                    ? StreamUpdate.generate(name, state[0], row, 3, true)
                                    : StreamUpdate.score(name, state[0], row));
                };
            }
        },

        /** Streams whose caches grow, are evicted, forgotten and rebuilt. */
        STREAMS_THAT_COME_AND_GO(1000, 6000) {
            @Override
            IntConsumer on(StreamModel model) {
                return i -> {
                    StreamName name = new StreamName("test", "stream " + i);
                    StreamState begun =
                            advance(model, StreamUpdate.score(name, model.start(), SHAPE.tokens(10 + i % 300, i)));
                    if (i % 5 == 0) {
                        model.forget(name);
                    }
                    advance(model, StreamUpdate.generate(name, begun, SHAPE.tokens(5, i), 2, true));
                    model.forget(new StreamName("test", "stream " + (i - i % 7)));
                };
            }
        };

        private static final TinyModels.Shape SHAPE = TinyModels.Shape.oneLayer();

        private final int warmUp;
        private final int steps;

        Workload(int warmUp, int steps) {
            this.warmUp = warmUp;
            this.steps = steps;
        }

        abstract IntConsumer on(StreamModel model);

        private static StreamState advance(StreamModel model, StreamUpdate update) {
            return model.advance(update).state();
        }
    }

    /** The JVM that is measured; prints the resident kilobytes after the warm-up and at four points behind it. */
    static final class Measured {
        private Measured() {}

        public static void main(String[] args) throws IOException {
            Workload workload = Workload.valueOf(args[0]);
            // Room for some twenty of the streams that come and go.
            ModelOptions options =
                    ModelOptions.of(Path.of(args[1])).withAttention(4, 252).withCacheBytes(3L << 20);
            try (StreamModel model = StreamModel.open(options)) {
                IntConsumer step = workload.on(model);
                int done = 0;
                for (int point = 0; point <= 4; point++) {
                    int until = workload.warmUp + (workload.steps - workload.warmUp) * point / 4;
                    for (; done < until; done++) {
                        step.accept(done);
                    }
                    System.gc();
                    System.out.println("resident " + done + " " + residentKilobytes());
                }
                System.out.println(model.usage());
            }
        }

        private static long residentKilobytes() throws IOException {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @EnumSource(Workload.class)
    void staysAsLargeAsItWas(Workload workload) throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isReadable(STATUS), "skipped: " + STATUS + " is not there");
        Path model = TinyModels.of(TinyModels.Shape.oneLayer()).write(folder.resolve("model"));
        if (workload == Workload.ONE_ENDLESS_STREAM) {
            model = Shared.find("models/stories260K").orElse(model);
        }
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms256m",
                        "-Xmx256m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dai.djl.offline=true",
                        "-DOPT_OUT_TRACKING=true",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Measured.class.getName(),
                        workload.name(),
                        model.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int exit = process.waitFor();
        List<String> lines = Files.readAllLines(log);
        assertThat(exit).as("%s", lines).isZero();

        List<Long> resident = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("resident ")) {
                resident.add(Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)));
            }
        }
        LOG.info("{}: resident kB {}; {}", workload, resident, lines.get(lines.size() - 1));
        assertThat(resident).hasSize(5);
        assertThat(resident)
                .as("kB resident at five points")
                .allMatch(kilobytes -> kilobytes <= resident.get(0) * GROWTH);
    }
}
