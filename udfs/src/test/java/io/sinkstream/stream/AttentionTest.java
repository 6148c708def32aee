package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.decoder.AttentionSums;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.PlainDecoder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where attention goes in whole texts, against one token at a time in double precision. */
class AttentionTest {
    private static final int TOKENS = 24;

    @TempDir
    private Path checkpoint;

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "mistral"})
    void logitsAndWeightsAreThoseOfThePlainDecoder(String family) {
        Golden golden = Golden.require(family);
        List<int[]> texts = Stream.of(0, 50, 200)
                .map(from -> Arrays.copyOfRange(golden.ids(), from, from + TOKENS))
                .toList();
        PlainDecoder plain = PlainDecoder.load(golden.folder());
        try (StreamModel model = open(golden.folder(), TOKENS, TinyCompute.UNMEASURED)) {
            AttentionSums found = model.attention(texts);
            assertThat(found.layers()).isEqualTo(plain.layers());
            double[][][] logits = new double[found.layers()][found.heads()][TOKENS * TOKENS];
            double[][][] weights = new double[found.layers()][found.heads()][TOKENS * TOKENS];
            for (int[] text : texts) {
                PlainDecoder.Stream stream = plain.stream(0, TOKENS);
                for (int query = 0; query < TOKENS; query++) {
                    stream.step(text[query]);
                    for (int layer = 0; layer < found.layers(); layer++) {
                        for (int head = 0; head < found.heads(); head++) {
                            for (int key = 0; key <= query; key++) {
                                int at = query * TOKENS + key;
                                logits[layer][head][at] += stream.attentionLogits(layer)[head][key] / texts.size();
                                weights[layer][head][at] += stream.attentionWeights(layer)[head][key] / texts.size();
                            }
                        }
                    }
                }
            }
            for (int layer = 0; layer < found.layers(); layer++) {
                for (int head = 0; head < found.heads(); head++) {
                    assertThat(means(found, layer, head, Kind.LOGIT))
                            .containsExactly(logits[layer][head], within(NllAssert.SAME));
                    assertThat(means(found, layer, head, Kind.WEIGHT))
                            .containsExactly(weights[layer][head], within(NllAssert.SAME));
                    double received = 0;
                    for (int query = 2; query < TOKENS; query++) {
                        received += weights[layer][head][query * TOKENS + 2] / (TOKENS - 2);
                    }
                    assertThat(found.received(layer, head, 2)).isCloseTo(received, within(NllAssert.SAME));
                }
            }
        }
    }

    private enum Kind {
        LOGIT,
        WEIGHT
    }

    private static double[] means(AttentionSums sums, int layer, int head, Kind kind) {
        double[] means = new double[TOKENS * TOKENS];
        for (int i = 0; i < means.length; i++) {
            means[i] = kind == Kind.LOGIT
                    ? sums.logit(layer, head, i / TOKENS, i % TOKENS)
                    : sums.weight(layer, head, i / TOKENS, i % TOKENS);
        }
        return means;
    }

    static Stream<String> families() {
        return Stream.concat(Golden.SHARED.stream(), Golden.own().stream());
    }

    /** What comes out of the last layer has gone through every weight that is told. */
    @ParameterizedTest
    @MethodSource("families")
    void everyFamilysTextComesToItsNumbers(String family) {
        Golden golden = Golden.SHARED.contains(family) ? Golden.require(family) : Golden.own(family, checkpoint);
        int[] text = Arrays.copyOf(golden.ids(), 120);
        try (StreamModel model = open(golden.folder(), text.length, TinyCompute.UNMEASURED)) {
            AttentionSums found = model.attention(List.of(text, text));
            double expected =
                    Arrays.stream(golden.dense().nll(), 0, text.length - 1).sum();
            assertThat(found.nll()).isCloseTo(2 * expected, within(2 * text.length * NllAssert.SAME));
            for (int layer = 0; layer < found.layers(); layer++) {
                for (int head = 0; head < found.heads(); head++) {
                    double all = 0;
                    for (int key = 0; key < text.length; key++) {
                        all += found.weight(layer, head, text.length - 1, key);
                    }
                    boolean hasSinkLogit = family.startsWith("llama_") || family.startsWith("granite_swa");
                    assertThat(all).isBetween(hasSinkLogit ? 0.1 : 1 - 1e-5, 1 + 1e-5);
                }
            }
        }
    }

    /** Each way to multiply computes attention in its own number type. */
    @ParameterizedTest
    @CsvSource({"bfloat16,0.02", "int8,0.02"})
    void fewerBitsComeToTheirNumbers(String dtype, double share) {
        Golden golden = Golden.require("llama3");
        int[] text = Arrays.copyOf(golden.ids(), 64);
        ComputeOptions compute = new ComputeOptions(dtype, "bfloat16", "auto", 0, new MemoryBudget(1L << 30, 0));
        try (StreamModel model = open(golden.folder(), text.length, compute)) {
            double expected = Arrays.stream(model.advance(StreamUpdate.score(null, model.start(), text))
                            .nll())
                    .skip(1)
                    .sum();
            assertThat(model.attention(List.of(text)).nll()).isCloseTo(expected, within(share * expected));
        }
    }

    @Test
    void textsThatDoNotFitAreRefused() {
        Golden golden = Golden.require("llama");
        try (StreamModel model = open(golden.folder(), 8, TinyCompute.UNMEASURED)) {
            assertThatThrownBy(() -> model.attention(List.of(new int[] {1, 2}, new int[] {1})))
                    .hasMessageContaining("texts of 2 tokens and others, at most 8");
            assertThatThrownBy(() -> model.attention(List.of(new int[9])))
                    .hasMessageContaining("texts of 9 tokens and others, at most 8");
            assertThatThrownBy(() -> model.attention(List.of(new int[] {1, 131})))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("token 131 at index 1 is outside the vocabulary");
        }
    }

    private static StreamModel open(Path folder, int window, ComputeOptions compute) {
        return StreamModel.open(ModelOptions.of(folder).withAttention(0, window).withCompute(compute));
    }
}
