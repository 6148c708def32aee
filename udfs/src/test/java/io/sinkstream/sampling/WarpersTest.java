package io.sinkstream.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.decoder.Candidates;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A part of the candidates gives what all of them would give, or nothing. */
class WarpersTest {
    private static final int VOCABULARY = 600;

    static List<Draw> draws() {
        return List.of(
                new Draw(1, 50, 1, 0, 1, 0),
                new Draw(0.7, 10, 0.9, 0, 1, 0),
                new Draw(1, 0, 0.9, 0, 1, 0),
                new Draw(1.5, 0, 0.6, 0.01, 1, 0),
                new Draw(1, 0, 1, 0.05, 1, 0),
                new Draw(1, 40, 0.95, 0, 0.8, 0),
                new Draw(1, 0, 0.8, 0, 0.8, 0),
                new Draw(1, 0, 1, 0, 0.9, 0),
                new Draw(1, 0, 1, 0, 1, 0));
    }

    /** The first so many of the likeliest; logits with ties, and tokens that are ruled out. */
    private static Candidates candidates(double[] logits, double temperature, int count) {
        int[] order = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer token) -> -logits[token])
                        .thenComparing(Comparator.reverseOrder()))
                .mapToInt(Integer::intValue)
                .limit(count)
                .toArray();
        double sum = Arrays.stream(logits)
                .map(logit -> Math.exp(logit / temperature))
                .sum();
        double[] sorted =
                Arrays.stream(order).mapToDouble(token -> logits[token]).toArray();
        return new Candidates(order, sorted, new double[count], Math.log(sum), count == logits.length);
    }

    private static List<Integer> tokens(Candidates candidates, Warpers.Kept kept) {
        return Arrays.stream(kept.places())
                .map(place -> candidates.tokens()[place])
                .boxed()
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @MethodSource("draws")
    void aPartOfTheCandidatesKeepsWhatAllOfThemDo(Draw draw) {
        Random random = new Random(5);
        for (int round = 0; round < 20; round++) {
            boolean hasTies = round % 2 == 0;
            double[] logits = IntStream.range(0, VOCABULARY)
                    .mapToDouble(i -> 3 * random.nextGaussian())
                    .map(logit -> hasTies ? Math.rint(2 * logit) / 2 : logit)
                    .map(logit -> random.nextInt(5) == 0 ? Double.NEGATIVE_INFINITY : logit)
                    .toArray();
            Candidates all = candidates(logits, draw.temperature(), VOCABULARY);
            List<Integer> wanted = tokens(all, Warpers.keep(draw, all).orElseThrow());
            assertThat(wanted).isNotEmpty();
            boolean isKnown = false;
            for (int count : new int[] {1, 2, 8, 30, 60, 100, 300, 550, VOCABULARY - 1}) {
                Candidates some = candidates(logits, draw.temperature(), count);
                Optional<Warpers.Kept> kept = Warpers.keep(draw, some);
                assertThat(kept.isEmpty() && isKnown)
                        .as("less is known of %d", count)
                        .isFalse();
                isKnown |= kept.isPresent();
                kept.ifPresent(known -> assertThat(tokens(some, known))
                        .as("%s, %d candidates", draw, count)
                        .isEqualTo(wanted));
            }
            assertThat(isKnown).isTrue();
        }
    }
}
