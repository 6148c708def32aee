package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Draw;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.Processor;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** With {@code --deterministic} numbers are the same to the last bit, however tokens come to the model. */
class SameBitsTest {
    private static final int SINKS = 4;
    private static final int WINDOW = 37;
    private static final int STREAMS = 5;

    /** What is asked of tokens beside their NLLs. */
    private static final TokenDetails DETAILS = new TokenDetails(true, true, 3);

    /** Drawn among all tokens, none of which is left out. */
    private static final Sampling DRAWN = new Sampling(
            new Penalties(Map.of(7, 1.0), 1.2, 0, 0), Bans.NONE, new Draw(1.3, 0, 0.9, 0, 1, 17), Stops.NONE);

    @TempDir
    private Path folder;

    @BeforeEach
    void onlyWhereItHolds() {
        Processor.requireSameBits();
    }

    static Stream<String> models() {
        return Stream.concat(TinyModels.Shape.presets().keySet().stream(), Golden.own().stream());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void aRowsBitsDependOnItsStreamOnly(String name) {
        int vocabulary = write(name);
        // Number types differ in products, and forms of a model in what is done with them: not each with each.
        boolean isForm = Golden.own().contains(name);
        for (String dtype : isForm ? List.of("float32") : List.of("float32", "int8")) {
            int[][] ids = IntStream.range(0, STREAMS)
                    .mapToObj(i -> TinyModels.Shape.llama().tokens(44 + 13 * i, i))
                    .map(tokens -> Arrays.stream(tokens)
                            .map(token -> token % vocabulary)
                            .toArray())
                    .toArray(int[][]::new);
            // Stays open, so that the others share its weights and programs.
            try (StreamModel alone = open(dtype, 512, 512, 1L << 30)) {
                List<double[]> wanted = Arrays.stream(ids)
                        .map(tokens -> bits(alone, List.of(tokens)).get(0))
                        .toList();
                int threads = 1;
                for (int[] chunk : new int[][] {{1, 64}, {23, 60}}) {
                    try (StreamModel model = open(dtype, chunk[0], chunk[1], 1L << 30)) {
                        take(model, threads);
                        threads += 2;
                        List<double[]> found = bits(model, List.of(ids));
                        for (int i = 0; i < STREAMS; i++) {
                            assertThat(found.get(i))
                                    .as(
                                            "%s in %s, stream %d, chunks of %d, passes of %d",
                                            name, dtype, i, chunk[0], chunk[1])
                                    .containsExactly(wanted.get(i));
                        }
                    }
                }
            }
        }
    }

    /** Rows that come one after another, to caches of which most are gone each time. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void aRebuiltCacheGivesTheSameBits(String name) {
        int vocabulary = write(name);
        int[] tokens = Arrays.stream(TinyModels.Shape.llama().tokens(160, 3))
                .map(token -> token % vocabulary)
                .toArray();
        try (StreamModel whole = open("auto", 512, 512, 1L << 30);
                StreamModel model = open("auto", 33, 512, 1L << 30)) {
            double[] wanted = bits(whole, List.of(tokens)).get(0);
            StreamName kept = new StreamName("test", "stream");
            StreamState state = model.start();
            int numbers = DETAILS.numbers();
            int at = 0;
            for (int n = 1; at < tokens.length; n = 1 + (n * 7) % 43) {
                int[] row = Arrays.copyOfRange(tokens, at, Math.min(tokens.length, at + n));
                StreamResult.Advanced result = model.advance(new StreamUpdate.Score(kept, state, row, DETAILS));
                assertThat(result.nll())
                        .as("%s from %d", name, at)
                        .containsExactly(Arrays.copyOfRange(wanted, at, at + row.length));
                assertThat(result.details())
                        .as("%s from %d", name, at)
                        .containsExactly(Arrays.copyOfRange(
                                wanted, tokens.length + at * numbers, tokens.length + (at + row.length) * numbers));
                state = result.state();
                at += row.length;
                if (n % 3 != 0) {
                    model.forget(kept);
                }
            }
            assertThat(model.usage().rebuiltTokens()).isPositive();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"float32", "bfloat16"})
    void continuationsAreTheSameWhateverElseIsInAPass(String dtype) {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        for (Sampling sampling : List.of(Sampling.GREEDY, DRAWN)) {
            List<StreamResult.Advanced> wanted = new ArrayList<>();
            try (StreamModel model = open(dtype, 512, 512, 1L << 30)) {
                for (int i = 0; i < STREAMS; i++) {
                    wanted.add(model.advance(prompt(model, shape, i, sampling)));
                }
            }
            try (StreamModel model = open(dtype, 5, 40, 1 << 20)) {
                take(model, 2);
                List<StreamResult> found = model.advance(IntStream.range(0, STREAMS)
                        .mapToObj(i -> prompt(model, shape, i, sampling).lookingUp(i % 2 == 0 ? 0 : 4))
                        .toList());
                for (int i = 0; i < STREAMS; i++) {
                    Continuation one = found.get(i).advanced().continuation();
                    assertThat(one.tokens())
                            .isEqualTo(wanted.get(i).continuation().tokens());
                    assertThat(one.nll()).isEqualTo(wanted.get(i).continuation().nll());
                }
            }
        }
    }

    /** It is another way to the same numbers: fp32, in another order. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void theNumbersAreThoseOfOtherPasses(String name) {
        int vocabulary = write(name);
        int[] tokens = Arrays.stream(TinyModels.Shape.llama().tokens(150, 5))
                .map(token -> token % vocabulary)
                .toArray();
        double[] found;
        try (StreamModel model = open("float32", 100, 512, 1L << 30)) {
            found = model.advance(StreamUpdate.score(null, model.start(), tokens))
                    .nll();
        }
        try (StreamModel model = StreamModel.open(
                ModelOptions.of(folder).withAttention(SINKS, WINDOW).withCompute(TinyCompute.UNMEASURED))) {
            double[] wanted = model.advance(StreamUpdate.score(null, model.start(), tokens))
                    .nll();
            assertThat(Arrays.copyOfRange(found, 1, found.length))
                    .containsExactly(Arrays.copyOfRange(wanted, 1, wanted.length), within(1e-4));
        }
    }

    @Test
    void whatCannotBeGivenIsRefused() {
        assertThatThrownBy(
                        () -> ComputeOptions.from(SettingValues.of(Map.of("deterministic", "true", "device", "gpu"))))
                .isInstanceOf(UserException.class)
                .hasMessage("--deterministic: is for processors; give --device cpu");
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        assertThatThrownBy(
                        () -> StreamModel.open(ModelOptions.of(folder).withCompute(TinyCompute.UNMEASURED.determined()))
                                .close())
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("--deterministic: needs a copy of the weights in float32, ")
                .hasMessageEndingWith(" bytes, and --weight-memory is 0; give more, or --dtype bfloat16 or int8"
                        + " on a processor with AVX-512");
    }

    private static StreamUpdate.Continue prompt(StreamModel model, TinyModels.Shape shape, int i, Sampling sampling) {
        return StreamUpdate.generate(null, model.start(), shape.tokens(3 + 11 * i, i), 40, true)
                .sampled(sampling, "stream " + i);
    }

    private static List<double[]> bits(StreamModel model, List<int[]> streams) {
        return model
                .advance(streams.stream()
                        .map(tokens -> new StreamUpdate.Score(null, model.start(), tokens, DETAILS))
                        .toList())
                .stream()
                .map(StreamResult::advanced)
                .map(result -> concat(result.nll(), result.details()))
                .toList();
    }

    private static double[] concat(double[] a, double[] b) {
        double[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** Has its passes take so many threads. */
    private static void take(StreamModel model, int threads) {
        int before = model.measure(limits -> {
            int mine = JniUtils.getNumThreads();
            JniUtils.setNumThreads(threads);
            return mine;
        });
        assertThat(before).isPositive();
    }

    /** Its vocabulary. */
    private int write(String name) {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(name);
        if (shape == null) {
            Golden.own(name, folder);
        } else {
            TinyModels.of(shape).write(folder);
        }
        return StreamModel.describe(ModelOptions.of(folder)).vocabularySize();
    }

    private StreamModel open(String dtype, int chunk, int pass, long cacheBytes) {
        return StreamModel.open(ModelOptions.of(folder)
                .withAttention(SINKS, WINDOW)
                .withCompute(ComputeOptions.DEFAULTS.withDtype(dtype).determined())
                .withChunk(chunk, pass)
                .withCacheBytes(cacheBytes));
    }
}
