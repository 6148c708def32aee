package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One text in segments, each by itself: the numbers of the whole. */
class PerplexityParallelTest {
    private static final Shape LLAMA = Shape.llama();

    /** The sinks, the pending token and three layers' windows of 6. */
    private static final int WARM_UP = 2 + 1 + 3 * 6;

    /** Enough for eight segments, also of windows of 8. */
    private static final int TOKENS = 7 * 4 * (1 + 3 * 8) + 30;

    @TempDir
    private static Path shared;

    private static Path model;
    private static Map<String, double[]> whole;

    @TempDir
    private Path folder;

    @BeforeAll
    static void measureTheWhole() throws IOException {
        model = TinyModels.of(LLAMA).tokenizer(Prefix.BOS).write(shared.resolve("model"));
        Path output = shared.resolve("whole");
        perplexity(output, "--experiment", "attention_sinks,windowed,recomputation,absolute")
                .succeeded();
        whole = new LinkedHashMap<>();
        for (String experiment : List.of("attention_sinks", "windowed", "recomputation", "absolute")) {
            whole.put(experiment, column(output, experiment, 1));
        }
    }

    private static Command perplexity(Path output, String... more) throws IOException {
        Path input = Files.writeString(
                output.resolveSibling("ids.jsonl"),
                Stream.of(LLAMA.tokens(TOKENS / 2, 3), LLAMA.tokens(TOKENS - TOKENS / 2, 4))
                        .map(ids -> "{\"ids\": " + Arrays.toString(ids) + "}\n")
                        .reduce("", String::concat));
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--input", input.toString());
        options.put("--tokens", "ids");
        options.put("--attention-sink-size", "2");
        options.put("--attention-sink-window-size", "6");
        options.put("--weight-memory", "1");
        options.put("--output-dir", output.toString());
        return Command.run(List.of("perplexity"), options, more);
    }

    private static double[] column(Path output, String experiment, int column) throws IOException {
        return Files.readAllLines(output.resolve(experiment + ".csv")).stream()
                .skip(1)
                .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[column]))
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8})
    void segmentsGiveTheNumbersOfTheWhole(int segments) throws Exception {
        Path output = folder.resolve("split");
        Set<String> jobs = new ConcurrentSkipListSet<>();
        SparkListener listener = new SparkListener() {
            @Override
            public void onJobStart(SparkListenerJobStart job) {
                jobs.add("" + job.properties().getProperty("spark.job.description"));
            }
        };
        Command run;
        Command.spark().sparkContext().addSparkListener(listener);
        try {
            run = perplexity(output, "--parallel", "" + segments, "--experiment", String.join(",", whole.keySet()))
                    .succeeded();
            Command.spark().sparkContext().listenerBus().waitUntilEmpty();
        } finally {
            Command.spark().sparkContext().removeSparkListener(listener);
        }

        for (Map.Entry<String, double[]> experiment : whole.entrySet()) {
            double[] nll = column(output, experiment.getKey(), 1);
            assertThat(nll).containsExactly(experiment.getValue(), within(1e-4));
            double[] perplexities = column(output, experiment.getKey(), 3);
            assertThat(perplexities[nll.length - 1])
                    .isCloseTo(Math.exp(Arrays.stream(nll).average().orElseThrow()), within(1e-9));
            double[] lengths = column(output, experiment.getKey(), 0);
            assertThat(lengths[nll.length - 1]).isEqualTo(nll.length);
        }
        // Two texts have two tokens less to predict. The first segment has no warm-up.
        int each = (TOKENS - 2 + (segments - 1) * WARM_UP) / segments;
        assertThat(jobs)
                .contains("perplexity attention_sinks, tokens from 0")
                .contains("perplexity attention_sinks, tokens from " + each)
                .contains("perplexity recomputation, tokens from " + (TOKENS - 2) / segments);
        assertThat(run.err()).doesNotContain("--parallel");
    }

    @Test
    void textsThatBeginAnewAreCutToo() throws IOException {
        Path alone = folder.resolve("alone");
        Path split = folder.resolve("split");
        perplexity(alone, "--begin-anew").succeeded();
        perplexity(split, "--begin-anew", "--parallel", "3").succeeded();

        assertThat(column(split, "attention_sinks", 1))
                .containsExactly(column(alone, "attention_sinks", 1), within(1e-4));
    }

    @Test
    void whereWarmUpWouldCostTooMuchThereAreFewerSegments() throws IOException {
        Path output = folder.resolve("out");
        Command run = perplexity(output, "--parallel", "9", "--num-tokens", "" + (4 * WARM_UP + 1))
                .succeeded();
        assertThat(run.err())
                .contains(
                        "--parallel 9: attention_sinks runs in 2 segments, since each more costs 21 tokens of warm-up,"
                                + " and all together may cost 25% of the 85 that are predicted");
        assertThat(column(output, "attention_sinks", 1))
                .containsExactly(Arrays.copyOf(whole.get("attention_sinks"), 85), within(1e-4));

        run = perplexity(output, "--overwrite", "--parallel", "9", "--num-tokens", "50")
                .succeeded();
        assertThat(run.err()).contains("--parallel 9: attention_sinks runs unsplit");
    }

    @Test
    void whatSeesAllOfATextIsNotCut() throws IOException {
        assertThat(perplexity(folder.resolve("out"), "--parallel", "2", "--experiment", "windowed,transformers")
                        .refusal())
                .contains("--parallel: transformers sees all of a text", "leave it out of --experiment");
    }
}
