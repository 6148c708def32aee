package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What bfloat16 and int8 cost, and that the ways to compute them agree. */
class NumberTypesTest {
    @TempDir
    private Path folder;

    /** Room for every copy of the weights: the fastest products are measured and may be any. */
    private static final long ALL = 1L << 30;

    private static ComputeOptions compute(String dtype, String cacheDtype, long weightBytes) {
        return new ComputeOptions(dtype, cacheDtype, "auto", 0, new MemoryBudget(weightBytes, 0));
    }

    /** The mean NLL of a stream's tokens, in nats. */
    private static double mean(ModelOptions options, int[] tokens) {
        try (StreamModel model = StreamModel.open(options)) {
            return mean(score(model, tokens));
        }
    }

    /** Of all but the first, which has none. */
    private static double mean(double[] nll) {
        return Arrays.stream(nll).skip(1).average().orElseThrow();
    }

    private static double[] score(StreamModel model, int[] tokens) {
        return model.advance(StreamUpdate.score(null, model.start(), tokens)).nll();
    }

    /** The first 50,000 tokens of the meetings, row by row as one stream. */
    private static int[] transcripts(ModelOptions options) throws IOException {
        Path file = Shared.require("data").resolve("transcripts.jsonl");
        try (StreamModel model = StreamModel.open(options);
                Stream<String> lines = Files.lines(file)) {
            List<int[]> rows = new ArrayList<>();
            int count = 0;
            for (String line : (Iterable<String>) lines::iterator) {
                JsonObject row = JsonParser.parseString(line).getAsJsonObject();
                int[] tokens =
                        model.tokenizer().orElseThrow().encode(row.get("text").getAsString() + "\n");
                rows.add(tokens);
                count += tokens.length;
                if (count >= 50_000) {
                    break;
                }
            }
            return Arrays.copyOf(rows.stream().flatMapToInt(Arrays::stream).toArray(), 50_000);
        }
    }

    /** The prices that the project promises on a real text: half a percent of the mean NLL in bfloat16, one in int8. */
    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void aRealTextCostsLittleMoreInFewerBits() throws IOException {
        ModelOptions options =
                ModelOptions.of(Shared.require("models").resolve("stories260K")).withAttention(4, 252);
        int[] tokens = transcripts(options);
        double reference = mean(options.withCompute(compute("float32", "float32", 0)), tokens);

        assertThat(mean(options.withCompute(compute("bfloat16", "float32", ALL)), tokens))
                .isCloseTo(reference, within(0.005 * reference));
        assertThat(mean(options.withCompute(compute("bfloat16", "bfloat16", ALL)), tokens))
                .isCloseTo(reference, within(0.005 * reference));
        assertThat(mean(options.withCompute(compute("int8", "float32", ALL)), tokens))
                .isCloseTo(reference, within(0.01 * reference));
        assertThat(mean(options.withCompute(compute("int8", "bfloat16", ALL)), tokens))
                .isCloseTo(reference, within(0.01 * reference));
    }

    /**
     * Chunks and single tokens may go by other products, with other copies of the weights: the copies hold the same numbers, so
     * what differs is the rounding of what is multiplied with them. A token's NLL moves by as much as bfloat16 moves logits of
     * about 10, 2^-8 of them; the mean over 200 tokens by far less.
     */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0} with caches in {1}")
    @CsvSource({"float32,bfloat16", "bfloat16,float32", "bfloat16,bfloat16", "int8,float32", "int8,bfloat16"})
    void chunksAndSingleTokensGiveTheSameNumbers(String dtype, String cacheDtype) {
        Golden golden = Golden.require("llama");
        ModelOptions options =
                ModelOptions.of(golden.folder()).withAttention(4, 60).withCompute(compute(dtype, cacheDtype, ALL));
        int[] tokens = Arrays.copyOf(golden.ids(), 200);
        try (StreamModel chunks = StreamModel.open(options.withChunk(64, 64));
                StreamModel singles = StreamModel.open(options.withChunk(1, 1))) {
            double[] byChunk = score(chunks, tokens);
            double[] bySingle = score(singles, tokens);
            assertThat(byChunk).containsExactly(bySingle, within(0.15));
            assertThat(mean(byChunk)).isCloseTo(mean(bySingle), within(0.01));
        }
    }

    /**
     * Streams that bring a row each, few rows or more attend each in its own way, alone or together, and all read the same cache.
     * As above, but only what is multiplied with keys and values is rounded.
     */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0}, {1} rows")
    @CsvSource({
        "llama,1",
        "llama,7",
        "llama,40",
        "mpt,1",
        "mpt,7",
        "mpt,40",
        "granite_swa,1",
        "granite_swa,7",
        "granite_swa,40"
    })
    void streamsThatShareAPassGetWhatTheyGetAlone(String family, int rows) {
        Golden golden = Golden.own().contains(family) ? Golden.own(family, folder) : Golden.require(family);
        ModelOptions options =
                ModelOptions.of(golden.folder()).withAttention(4, 60).withCompute(compute("float32", "bfloat16", ALL));
        List<int[]> streams = Stream.of(200, 197, 150, 63, 5)
                .map(length -> Arrays.copyOfRange(golden.ids(), 200 - length, 200))
                .toList();
        try (StreamModel together = StreamModel.open(options.withChunk(rows, 5 * rows));
                StreamModel alone = StreamModel.open(options.withChunk(200, 200))) {
            List<StreamResult> results = together.advance(streams.stream()
                    .map(tokens -> StreamUpdate.score(null, together.start(), tokens))
                    .toList());
            for (int i = 0; i < streams.size(); i++) {
                double[] wanted = score(alone, streams.get(i));
                double[] given = results.get(i).advanced().nll();
                assertThat(given).as("stream %d", i).containsExactly(wanted, within(0.05));
                assertThat(mean(given)).as("stream %d", i).isCloseTo(mean(wanted), within(0.002));
            }
        }
    }

    /** fp32 in oneDNN's order is held against the same golden numbers as fp32 where it is mapped. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(longs = {0, ALL})
    void singlePrecisionIsTheReferenceWithAndWithoutACopy(long weightBytes) {
        for (String family : List.of("llama", "falcon40", "mpt")) {
            Golden golden = Golden.require(family);
            Golden.Streaming wanted = golden.streaming().get(0);
            ModelOptions options = ModelOptions.of(golden.folder())
                    .withAttention(wanted.sinks(), wanted.window())
                    .withCompute(compute("float32", "float32", weightBytes));
            try (StreamModel model = StreamModel.open(options)) {
                NllAssert.assertNll(score(model, golden.ids())).as(family).isThatOf(wanted.nll());
            }
        }
    }

    /** Every layout also runs in fewer bits: none falls back to something else without a word. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(
            strings = {
                "falcon",
                "falcon40",
                "gpt_neox",
                "gptj",
                "llama3",
                "mistral",
                "mpt",
                "qwen2",
                "qwen3",
                "stablelm"
            })
    void everyLayoutRunsInFewerBits(String family) {
        Golden golden = Golden.require(family);
        ModelOptions options = ModelOptions.of(golden.folder()).withAttention(4, 60);
        double reference = mean(options.withCompute(compute("float32", "float32", 0)), golden.ids());
        // Random weights are harder to round than trained ones: half of a trained model's promise is not to be had.
        for (String dtype : List.of("bfloat16", "int8")) {
            assertThat(mean(options.withCompute(compute(dtype, "bfloat16", ALL)), golden.ids()))
                    .as(dtype)
                    .isCloseTo(reference, within(0.02 * reference));
        }
    }
}
