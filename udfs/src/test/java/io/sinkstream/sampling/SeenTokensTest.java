package io.sinkstream.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeenTokensTest {
    /** Token i at position i. */
    private static int[] tokens(int from, int to) {
        return IntStream.range(from, to).toArray();
    }

    @Test
    void theyAreTheFirstAndTheLastOfTheStream() {
        for (int sinks : new int[] {0, 1, 4}) {
            for (int window : new int[] {1, 3, 9}) {
                for (int begun = 0; begun < 20; begun++) {
                    SeenTokens seen = new SeenTokens(
                            sinks,
                            window,
                            tokens(0, Math.min(sinks, begun)),
                            begun,
                            tokens(Math.max(0, begun - window), begun));
                    for (int end = begun; end < 60; end++) {
                        int start = Math.max(0, end - window);
                        List<int[]> wanted = new ArrayList<>();
                        if (start <= sinks) {
                            wanted.add(tokens(0, end));
                        } else {
                            if (sinks > 0) {
                                wanted.add(tokens(0, sinks));
                            }
                            wanted.add(tokens(start, end));
                        }
                        assertThat(seen.end()).isEqualTo(end);
                        assertThat(seen.pieces())
                                .as("%d+%d, from %d, at %d", sinks, window, begun, end)
                                .usingRecursiveComparison()
                                .isEqualTo(wanted);
                        seen.add(end);
                    }
                }
            }
        }
    }

    /** transformers passes over a sequence that is longer than what there is, its last token included. */
    @Test
    void aBadWordIsDueOnceItsOtherTokensAndOneMoreAreThere() {
        Bans word = new Bans(0, List.of(List.of(1, 2, 3)), 0, Set.of());

        assertThat(BannedTokens.of(word, Set.of(), List.of(new int[] {1, 2}), 0))
                .isEmpty();
        assertThat(BannedTokens.of(word, Set.of(), List.of(new int[] {0, 1, 2}), 0))
                .containsExactly(3);
        assertThat(BannedTokens.of(word, Set.of(), List.of(new int[] {1, 2, 2}), 0))
                .isEmpty();
    }

    @Test
    void nothingRepeatsAcrossWhatIsGone() {
        Bans noPairs = new Bans(2, List.of(), 0, Set.of());
        List<int[]> pieces = List.of(new int[] {1, 2, 3}, new int[] {9, 8, 3});

        // 3 was followed by a token that is gone, and not by 9.
        assertThat(BannedTokens.of(noPairs, Set.of(), pieces, 0)).isEmpty();
        assertThat(BannedTokens.of(noPairs, Set.of(), List.of(new int[] {1, 2, 3, 9, 8, 3}), 0))
                .containsExactly(9);
    }
}
