package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.SAME;
import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.testing.Golden;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sinks, the pending token and the L x R tokens before it determine all numbers that follow: a cache that is gone is
 * rebuilt from them.
 */
class RecoveryTest {
    /** The same fp32 products, in part over chunks of other lengths: rounding alone. */
    private static final double ROUNDING = 1e-5;

    private static final int SINKS = 4;
    private static final int WINDOW = 12;
    private static final StreamName NAME = new StreamName("test", "stream");

    @TempDir
    private Path folder;

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("oneLayer", TinyModels.Shape.oneLayer()),
                Arguments.of("two layers", TinyModels.Shape.llama().withLayers(2)),
                Arguments.of("llama", TinyModels.Shape.llama()),
                Arguments.of("biased", TinyModels.Shape.biased()),
                Arguments.of("llama3Scaling", TinyModels.Shape.llama3Scaling()),
                Arguments.of("mistral", TinyModels.Shape.mistral()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void aLostCacheChangesNoNumber(String what, TinyModels.Shape shape) {
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(220, 1);
        int[] next = shape.tokens(40, 2);
        try (StreamModel model = open(SINKS, WINDOW)) {
            for (int at : new int[] {1, 2, 3, 4, 5, 6, 16, 17, 18, 40, 41, 42, 53, 100, 220}) {
                StreamState state = score(model, NAME, model.start(), Arrays.copyOf(ids, at))
                        .state();
                double[] unbroken = score(model, NAME, state, next).nll();
                model.forget(NAME);
                long before = model.usage().rebuiltTokens();

                StreamResult.Advanced recovered = score(model, NAME, state, next);

                assertThat(unbroken[0]).isNotNaN();
                assertThat(recovered.nll())
                        .as("%s at %d, the next row's first token included", what, at)
                        .containsExactly(unbroken, within(ROUNDING));
                long history = Math.min(at - 1, (long) shape.layers() * WINDOW);
                long sinks = at - 1 - history > SINKS ? SINKS : at - 1 - history;
                assertThat(model.usage().rebuiltTokens() - before)
                        .as("the sinks and the history, each once")
                        .isEqualTo(history + sinks);

                // What was rebuilt is a cache like any other.
                StreamResult.Advanced on = score(model, NAME, recovered.state(), next);
                assertThat(model.usage().rebuiltTokens() - before).isEqualTo(history + sinks);
                assertThat(score(model, null, recovered.state(), next).nll())
                        .containsExactly(on.nll(), within(ROUNDING));
                model.forget(NAME);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void aWindowLessOfHistoryDoesChangeThem(String what, TinyModels.Shape shape) {
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(220, 1);
        int[] next = shape.tokens(40, 2);
        try (StreamModel model = open(SINKS, WINDOW)) {
            for (int at : new int[] {60, 100, 220}) {
                StreamState state = score(model, NAME, model.start(), Arrays.copyOf(ids, at))
                        .state();
                double[] unbroken = score(model, NAME, state, next).nll();
                StreamState shorter = state.withHistory((shape.layers() - 1L) * WINDOW);

                double[] recovered = score(model, null, shorter, next).nll();

                assertThat(largestDifference(recovered, unbroken))
                        .as("%s at %d", what, at)
                        .isGreaterThan(ROUNDING);
                model.forget(NAME);
            }
        }
    }

    /** Two or three groups of layers, one of them with a window of its own and no sinks: history is the sum of what each needs. */
    @ParameterizedTest
    @ValueSource(strings = {"granite_swa", "granite_swa_nope"})
    void layersOfSeveralKindsAreRebuiltTogether(String name) {
        Golden golden = Golden.own(name, folder);
        int[] next = Arrays.copyOfRange(golden.ids(), 160, 200);
        int own = 10 - 1;
        int needed = 2 * WINDOW + own;
        try (StreamModel model = open(SINKS, WINDOW)) {
            assertThat(model.description().historyTokens()).isEqualTo(needed);
            for (int at : new int[] {1, 2, 4, 5, 9, 10, 11, 16, 17, 18, 33, 34, 35, 38, 39, 60, 160}) {
                StreamState state = score(model, NAME, model.start(), Arrays.copyOf(golden.ids(), at))
                        .state();
                double[] unbroken = score(model, NAME, state, next).nll();
                model.forget(NAME);
                long before = model.usage().rebuiltTokens();

                double[] recovered = score(model, NAME, state, next).nll();

                assertThat(recovered).as("%s at %d", name, at).containsExactly(unbroken, within(ROUNDING));
                int history = Math.min(at - 1, needed);
                assertThat(model.usage().rebuiltTokens() - before)
                        .isEqualTo(history + Math.min(SINKS, at - 1 - history));
                model.forget(NAME);
                if (at > needed + WINDOW) {
                    StreamState shorter = state.withHistory(needed - own);
                    assertThat(largestDifference(
                                    score(model, null, shorter, next).nll(), unbroken))
                            .as("%s at %d, without the sliding layer's share", name, at)
                            .isGreaterThan(ROUNDING);
                }
            }
        }
    }

    /** The position counts on, whatever of the history is known: the sinks' distance hangs on it. */
    @Test
    void aStreamWithoutAnyHistoryRecoversAsItsWindowFills() {
        TinyModels.Shape shape = TinyModels.Shape.oneLayer();
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(10 + 40, 1);
        for (int sinks : new int[] {0, SINKS}) {
            double[] wanted = PlainDecoder.load(folder).nll(ids, sinks, WINDOW);
            try (StreamModel model = open(sinks, WINDOW)) {
                StreamState state = score(model, null, model.start(), Arrays.copyOf(ids, 10))
                        .state()
                        .withHistory(0);
                StreamResult.Advanced result = score(model, NAME, state, Arrays.copyOfRange(ids, 10, 50));
                assertThat(result.state().position()).isEqualTo(50);
                // Token 9 is known, and one layer forgets what is R back: from 9 + R on nothing is missing.
                int full = 9 + WINDOW;
                assertNll(Arrays.copyOfRange(result.nll(), full + 1 - 10, 40))
                        .as("%d sinks", sinks)
                        .isThatOf(wanted, full + 1, 50 - full - 1, SAME);
                // The cache's epoch is the stream's.
                score(model, NAME, result.state(), new int[] {1, 2});
                assertThat(model.usage().caches().hits()).isEqualTo(1);
            }
        }
    }

    @Test
    void aCacheOfOtherTokensIsNotUsed() {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(60, 1);
        int[] other = ids.clone();
        other[40] = (other[40] + 1) % shape.vocab();
        int[] next = shape.tokens(20, 2);
        try (StreamModel model = open(SINKS, WINDOW)) {
            StreamState state = score(model, null, model.start(), ids).state();
            double[] wanted = score(model, null, state, next).nll();
            // Another stream, as long, has left its cache under the same name: a retried or a speculated task's.
            StreamState wrong = score(model, NAME, model.start(), other).state();
            assertThat(wrong.position()).isEqualTo(state.position());
            assertThat(wrong.epoch()).isEqualTo(state.epoch());
            long before = model.usage().rebuiltTokens();

            double[] nll = score(model, NAME, state, next).nll();

            assertThat(nll).containsExactly(wanted, within(ROUNDING));
            assertThat(model.usage().rebuiltTokens()).isGreaterThan(before);
            assertThat(largestDifference(score(model, null, wrong, next).nll(), wanted))
                    .as("the other tokens matter")
                    .isGreaterThan(ROUNDING);
        }
    }

    /** An update that was taken back, as when a task is retried: its state is still good, its cache is ahead of it. */
    @Test
    void aRetriedRowGivesTheSameAgain() {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(60, 1);
        try (StreamModel model = open(SINKS, WINDOW)) {
            StreamState state =
                    score(model, NAME, model.start(), Arrays.copyOf(ids, 40)).state();
            StreamResult.Advanced first = score(model, NAME, state, Arrays.copyOfRange(ids, 40, 60));
            StreamResult.Advanced again = score(model, NAME, state, Arrays.copyOfRange(ids, 40, 60));
            assertThat(again.nll()).containsExactly(first.nll(), within(ROUNDING));
            assertThat(again.state().hash()).isEqualTo(first.state().hash());
        }
    }

    private StreamModel open(int sinks, int window) {
        return StreamModel.open(ModelOptions.of(folder).withAttention(sinks, window));
    }

    private static StreamResult.Advanced score(StreamModel model, StreamName name, StreamState state, int[] tokens) {
        return model.advance(StreamUpdate.score(name, state, tokens));
    }

    private static double largestDifference(double[] a, double[] b) {
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }
}
