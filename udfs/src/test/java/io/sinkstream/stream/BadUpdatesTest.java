package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.SAME;
import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Updates that are wrong, empty or at an edge: they cost no other stream anything. */
class BadUpdatesTest {
    private static final TinyModels.Shape SHAPE = TinyModels.Shape.oneLayer();

    @TempDir
    private static Path folder;

    private static PlainDecoder reference;

    @BeforeAll
    static void write() {
        TinyModels.of(SHAPE).write(folder);
        reference = PlainDecoder.load(folder);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, TinyTokenizer.VOCABULARY, Integer.MAX_VALUE})
    void aTokenOutsideTheVocabularyInOneOfManyMergedStreams(int token) {
        try (StreamModel model = open(4, 12)) {
            List<StreamUpdate> begin = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                begin.add(StreamUpdate.score(name(i), model.start(), SHAPE.tokens(20 + i, i)));
            }
            List<StreamResult> begun = model.advance(begin);
            List<StreamUpdate> updates = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int[] row = SHAPE.tokens(30, 100 + i);
                if (i == 2) {
                    row[17] = token;
                }
                updates.add(StreamUpdate.score(name(i), begun.get(i).advanced().state(), row));
            }

            List<StreamResult> results = model.advance(updates);

            assertThat(results.get(2))
                    .isEqualTo(new StreamResult.Refused("token " + token
                            + " at index 17 is outside the vocabulary, 0 to " + (TinyTokenizer.VOCABULARY - 1)));
            for (int i = 0; i < 6; i++) {
                if (i != 2) {
                    assertNll(results.get(i).advanced().nll())
                            .as("stream %d", i)
                            .isThatOf(wanted(i, SHAPE.tokens(30, 100 + i)), 20 + i, 30, SAME);
                }
            }
            // The bad row has left no trace: a good one in its place finds the stream, and its cache, as they were.
            int[] good = SHAPE.tokens(10, 7);
            StreamResult.Advanced mended = model.advance(
                    StreamUpdate.score(name(2), begun.get(2).advanced().state(), good));
            assertNll(mended.nll()).isThatOf(wanted(2, good), 22, 10, SAME);
            assertThat(model.usage().rebuiltTokens()).isZero();
        }
    }

    private static StreamName name(int i) {
        return new StreamName("test", "stream " + i);
    }

    private static double[] wanted(int stream, int[] row) {
        int[] whole = Arrays.copyOf(SHAPE.tokens(20 + stream, stream), 20 + stream + row.length);
        System.arraycopy(row, 0, whole, 20 + stream, row.length);
        return reference.nll(whole, 4, 12);
    }

    @Test
    void anEmptyUpdateChangesNothing() {
        try (StreamModel model = open(4, 12)) {
            StreamResult.Advanced atStart = model.advance(StreamUpdate.score(name(0), model.start(), new int[0]));
            assertThat(atStart.nll()).isEmpty();
            assertThat(atStart.state().position()).isZero();
            StreamState state = model.advance(StreamUpdate.score(name(0), model.start(), new int[] {1, 2, 3}))
                    .state();
            StreamResult.Advanced later = model.advance(StreamUpdate.score(name(0), state, new int[0]));
            assertThat(later.state().position()).isEqualTo(3);
            assertThat(later.state().hash()).isEqualTo(state.hash());
            assertThat(model.advance(List.of())).isEmpty();
        }
    }

    @Test
    void aContinuationOfNothing() {
        try (StreamModel model = open(4, 12)) {
            List<StreamResult> results = model.advance(List.of(
                    StreamUpdate.generate(name(0), model.start(), new int[0], 5, true),
                    StreamUpdate.generate(name(1), model.start(), new int[] {9}, 5, true)));
            assertThat(results.get(0))
                    .isEqualTo(new StreamResult.Refused("a continuation needs at least one token before it"));
            assertThat(results.get(1).advanced().continuation().tokens())
                    .isEqualTo(reference.greedy(new int[] {9}, 5, 4, 12));
        }
    }

    @Test
    void aFirstTokenHasNoNumber() {
        try (StreamModel model = open(4, 12)) {
            StreamResult.Advanced first = model.advance(StreamUpdate.score(name(0), model.start(), new int[] {5}));
            assertThat(first.nll()).containsExactly(Double.NaN);
            assertThat(first.state().position()).isEqualTo(1);
            assertThat(model.usage().passes()).as("nothing had to be run").isZero();
        }
    }

    @ParameterizedTest(name = "{0}+{1}")
    @CsvSource({"0, 1", "4, 1", "0, 12", "1, 1", "6, 2", "4, 100000", "0, 100000", "300, 4"})
    void edgesOfTheRule(int sinks, int window) {
        int[] ids = SHAPE.tokens(70, 3);
        double[] wanted = reference.nll(ids, sinks, window);
        try (StreamModel model = open(sinks, window)) {
            assertNll(model.advance(StreamUpdate.score(null, model.start(), ids))
                            .nll())
                    .isThatOf(wanted);
            StreamState state = model.start();
            for (int from = 0; from < ids.length; from += 10) {
                StreamResult.Advanced row =
                        model.advance(StreamUpdate.score(name(0), state, Arrays.copyOfRange(ids, from, from + 10)));
                assertNll(row.nll()).isThatOf(wanted, from, 10, SAME);
                state = row.state();
            }
        }
    }

    /** Two updates of one stream in one call start from what each says: the second does not wait for the first. */
    @Test
    void theSameNameTwiceInOneCall() {
        int[] ids = SHAPE.tokens(30, 3);
        int[] other = SHAPE.tokens(30, 4);
        try (StreamModel model = open(4, 12)) {
            List<StreamResult> results = model.advance(List.of(
                    StreamUpdate.score(name(0), model.start(), ids),
                    StreamUpdate.score(name(0), model.start(), other)));
            assertNll(results.get(0).advanced().nll()).isThatOf(reference.nll(ids, 4, 12));
            assertNll(results.get(1).advanced().nll()).isThatOf(reference.nll(other, 4, 12));
        }
    }

    private static StreamModel open(int sinks, int window) {
        return StreamModel.open(ModelOptions.of(folder).withAttention(sinks, window));
    }

    @Test
    void aNumberTypeOrDeviceThatIsNotSupportedIsNotIgnored() {
        assertThatThrownBy(() -> ComputeOptions.DEFAULTS.withCacheDtype("int8"))
                .isInstanceOf(UserException.class)
                .hasMessage("--cache-dtype: \"int8\" is not supported yet; allowed is auto, float32 or bfloat16");
        assertThatThrownBy(() -> new ComputeOptions("float32", "auto", "tpu", 0, new MemoryBudget(0, 0)))
                .isInstanceOf(UserException.class)
                .hasMessage("--device: \"tpu\" is wrong; allowed is auto, cpu or gpu");
    }
}
