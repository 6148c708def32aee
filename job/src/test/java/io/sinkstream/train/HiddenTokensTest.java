package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class HiddenTokensTest {
    private static final int[] TEXT = IntStream.range(0, 100).toArray();

    @Test
    void fifteenOfAHundredStandThereAsTheirComplements() {
        int[] hidden = HiddenTokens.of(TEXT, 20, 5);

        assertThat(HiddenTokens.count(hidden)).isEqualTo(12);
        assertThat(Arrays.copyOf(hidden, 20)).isEqualTo(Arrays.copyOf(TEXT, 20));
        assertThat(Arrays.stream(hidden).map(id -> id < 0 ? ~id : id).toArray()).isEqualTo(TEXT);
        assertThat(HiddenTokens.of(TEXT, 20, 5)).isEqualTo(hidden);
        assertThat(HiddenTokens.of(TEXT, 20, 6)).isNotEqualTo(hidden);
        assertThat(TEXT).isSorted();
    }

    @Test
    void oneIsHiddenInTheShortestText() {
        assertThat(HiddenTokens.of(new int[] {7}, 0, 0)).containsExactly(~7);
    }

    @Test
    void everyPlaceIsHiddenAsOften() {
        int[] counts = new int[TEXT.length];
        int draws = 2000;
        for (int draw = 0; draw < draws; draw++) {
            int[] hidden = HiddenTokens.of(TEXT, 0, 31L * draw);
            for (int t = 0; t < counts.length; t++) {
                counts[t] += hidden[t] < 0 ? 1 : 0;
            }
        }
        // A deviation is 16; five of them.
        assertThat(Arrays.stream(counts)).allSatisfy(count -> assertThat(count).isBetween(220, 380));
    }
}
