package io.sinkstream.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FluencyTest {
    @Test
    void nGramsAreCountedWithinABlock() {
        Fluency fluency = new Fluency();
        // 1-grams 1 2 3; 2-grams 12 21 12 23; 3-grams 121 212 123; 4-grams 1212 2123.
        IntStream.of(1, 2, 1, 2, 3).forEach(token -> fluency.add(token, 0.5));

        Fluency.Block block = fluency.end();

        assertThat(block.tokens()).isEqualTo(5);
        assertThat(block.nll()).isCloseTo(2.5, within(1e-12));
        assertThat(block.distinct()).isEqualTo(List.of(3 / 5.0, 3 / 4.0, 3 / 3.0, 2 / 2.0));
        assertThat(block.repetition()).isZero();
        assertThat(fluency.size()).isZero();
    }

    @Test
    void whatIsSaidAgainIsFoundInTheNextBlock() {
        Fluency fluency = new Fluency();
        IntStream.range(0, 100).forEach(token -> fluency.add(token, 0));
        assertThat(fluency.end().repetition()).isZero();
        IntStream.range(0, 100).forEach(token -> fluency.add(token, 0));

        // All but the first three, which end runs that begin before.
        assertThat(fluency.end().repetition()).isEqualTo(0.97);
    }

    @Test
    void whatIsLongAgoIsForgotten() {
        Fluency fluency = new Fluency();
        IntStream.range(0, Fluency.BACK + 10).forEach(token -> fluency.add(token, 0));
        fluency.end();
        IntStream.range(0, 20).forEach(token -> fluency.add(token, 0));

        assertThat(fluency.end().repetition()).isZero();
    }

    @Test
    void aLoopHasFewDistinctNGramsAndIsAllRepetition() {
        Fluency fluency = new Fluency();
        IntStream.range(0, 1000).forEach(i -> fluency.add(i % 5, 0));

        Fluency.Block block = fluency.end();

        assertThat(block.distinct().get(3)).isEqualTo(5 / 997.0);
        assertThat(block.repetition()).isEqualTo((1000 - 3 - 5) / 1000.0);
    }

    @Test
    void aBlockTooShortForAnNGramHasNoShareOfThem() {
        Fluency fluency = new Fluency();
        fluency.add(7, 1);

        assertThat(fluency.end().distinct()).isEqualTo(List.of(1.0, Double.NaN, Double.NaN, Double.NaN));
    }
}
