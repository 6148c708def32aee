package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream that was stored as tokens goes on: with its last token alone while its cache is there, else with its history. */
class StoredStateTest {
    /** The same fp32 products, in part over chunks of other lengths: rounding alone. */
    private static final double ROUNDING = 1e-5;

    private static final StreamName NAME = new StreamName("test", "stream");
    private static final TinyModels.Shape SHAPE = TinyModels.Shape.llama();

    private StreamModel model;
    private StreamState state;
    private double[] unbroken;
    private final int[] next = SHAPE.tokens(20, 2);

    @BeforeEach
    void run(@TempDir Path folder) {
        TinyModels.of(SHAPE).write(folder);
        model = StreamModel.open(ModelOptions.of(folder).withAttention(4, 12));
        state = score(model.start(), SHAPE.tokens(150, 1)).state();
        unbroken = score(state, next).nll();
    }

    @AfterEach
    void close() {
        model.close();
    }

    private StreamResult.Advanced score(StreamState from, int[] tokens) {
        return model.advance(StreamUpdate.score(NAME, from, tokens));
    }

    private StreamResult update(StreamState from, int[] tokens) {
        return model.advance(List.of(StreamUpdate.score(NAME, from, tokens))).get(0);
    }

    private StreamState stored(int tokens, boolean whole) {
        int[] history = state.history();
        return model.resume(
                state.sinks(),
                state.position(),
                state.hash(),
                Arrays.copyOfRange(history, history.length - tokens, history.length),
                whole);
    }

    @Test
    void theLastTokenIsEnoughWhileTheCacheIsThere() {
        model.forget(NAME);
        score(model.start(), SHAPE.tokens(150, 1));
        long before = model.usage().rebuiltTokens();

        StreamResult.Advanced result = score(stored(1, false), next);

        assertThat(result.nll()).usingComparatorWithPrecision(ROUNDING).containsExactly(unbroken);
        assertThat(model.usage().rebuiltTokens()).isEqualTo(before);
        assertThat(result.state().position()).isEqualTo(170);
    }

    @Test
    void withoutTheCacheTheHistoryIsAskedForAndGivesTheSameNumbers() {
        model.forget(NAME);

        assertThat(update(stored(1, false), next)).isEqualTo(new StreamResult.HistoryNeeded());

        StreamState whole = stored(state.history().length, true);
        StreamResult.Advanced result = score(whole, next);
        assertThat(result.nll()).usingComparatorWithPrecision(ROUNDING).containsExactly(unbroken);
        assertThat(model.usage().rebuiltTokens()).isEqualTo(whole.rebuildTokens());
    }

    /** The cache of another epoch is none: this one is ahead of the state, as after a task that was run again. */
    @Test
    void aCacheThatIsAheadIsNotTaken() {
        assertThat(update(stored(1, false), next)).isEqualTo(new StreamResult.HistoryNeeded());
    }

    @Test
    void aStateThatContradictsItselfIsRefused() {
        assertThatThrownBy(() -> model.resume(new int[] {1}, 100, 0, new int[] {1}, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100 tokens can't have 1 sinks");
    }
}
