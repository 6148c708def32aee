package io.sinkstream.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.decoder.Candidates;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Draws against exact probabilities, each with a fixed seed. */
class ChanceTest {
    /** The chi-square of 19 degrees of freedom that chance exceeds once in a thousand times. */
    private static final double LARGEST_OF_19 = 43.82;

    /** The same of 24. */
    private static final double LARGEST_OF_24 = 51.18;

    private static final int TIMES = 100_000;
    private static final double[] LOGITS =
            IntStream.range(0, 20).mapToDouble(i -> 2 - 0.2 * i).toArray();

    private static Candidates candidates(double temperature) {
        double sum = Arrays.stream(LOGITS).map(x -> Math.exp(x / temperature)).sum();
        int[] tokens = IntStream.range(0, LOGITS.length).map(i -> 3 * i).toArray();
        return new Candidates(tokens, LOGITS, new double[LOGITS.length], Math.log(sum), true);
    }

    private static TokenSampler sampler(Draw draw, String key, int position) {
        Sampling sampling = new Sampling(Penalties.NONE, Bans.NONE, draw, Stops.NONE);
        return new TokenSampler(
                sampling, Set.of(), TokenSampler.stream(key), 4, 8, new int[4], 4 + position, new int[] {1});
    }

    private static double chiSquare(int[] counts, double[] probabilities) {
        double sum = 0;
        int all = Arrays.stream(counts).sum();
        for (int i = 0; i < counts.length; i++) {
            double expected = probabilities[i] * all;
            assertThat(expected).isGreaterThan(5);
            sum += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        return sum;
    }

    private static double[] softmax(double temperature) {
        double[] powers =
                Arrays.stream(LOGITS).map(x -> Math.exp(x / temperature)).toArray();
        double sum = Arrays.stream(powers).sum();
        return Arrays.stream(powers).map(x -> x / sum).toArray();
    }

    @Test
    void alongAStreamTokensComeAsOftenAsTheyAreLikely() {
        for (double temperature : new double[] {0.6, 1, 2}) {
            Draw draw = new Draw(temperature, 0, 1, 0, 1, 11);
            int[] counts = new int[LOGITS.length];
            for (int position = 0; position < TIMES; position++) {
                counts[sampler(draw, "key", position).next().choose(candidates(temperature))]++;
            }
            assertThat(chiSquare(counts, softmax(temperature))).isLessThan(LARGEST_OF_19);
        }
    }

    @Test
    void overStreamsAndSeedsTheyDoSoToo() {
        int[] ofKeys = new int[LOGITS.length];
        int[] ofSeeds = new int[LOGITS.length];
        for (int i = 0; i < TIMES; i++) {
            ofKeys[sampler(new Draw(1, 0, 1, 0, 1, 0), "key-" + i, 0).next().choose(candidates(1))]++;
            ofSeeds[sampler(new Draw(1, 0, 1, 0, 1, i), "key", 0).next().choose(candidates(1))]++;
        }
        assertThat(chiSquare(ofKeys, softmax(1))).isLessThan(LARGEST_OF_19);
        assertThat(chiSquare(ofSeeds, softmax(1))).isLessThan(LARGEST_OF_19);
    }

    @Test
    void whatIsLeftOutNeverComesAndTheRestShareItsPlace() {
        Draw draw = new Draw(1, 20, 0.5, 0, 1, 3);
        double[] all = softmax(1);
        int kept = 0;
        for (double mass = 0; mass < 0.5; kept++) {
            mass += all[kept];
        }
        double share = Arrays.stream(all).limit(kept).sum();
        int[] counts = new int[kept];
        for (int position = 0; position < TIMES; position++) {
            // An index beyond would throw.
            counts[sampler(draw, "key", position).next().choose(candidates(1))]++;
        }
        double[] probabilities =
                Arrays.stream(all).limit(kept).map(p -> p / share).toArray();
        assertThat(chiSquare(counts, probabilities)).isLessThan(LARGEST_OF_19);
    }

    @Test
    void neighboursKnowNothingOfEachOther() {
        Draw draw = new Draw(1, 5, 1, 0, 1, 0);
        double[] first = Arrays.copyOf(softmax(1), 5);
        double sum = Arrays.stream(first).sum();
        double[] pairs = IntStream.range(0, 25)
                .mapToDouble(i -> first[i / 5] * first[i % 5] / sum / sum)
                .toArray();
        int[] positions = new int[25];
        int[] streams = new int[25];
        for (int i = 0; i < TIMES; i++) {
            int one = sampler(draw, "key", 2 * i).next().choose(candidates(1));
            int next = sampler(draw, "key", 2 * i + 1).next().choose(candidates(1));
            int other = sampler(draw, "kez", 2 * i).next().choose(candidates(1));
            positions[5 * one + next]++;
            streams[5 * one + other]++;
        }
        assertThat(chiSquare(positions, pairs)).isLessThan(LARGEST_OF_24);
        assertThat(chiSquare(streams, pairs)).isLessThan(LARGEST_OF_24);
    }

    @Test
    void keysAreToldApart() {
        Set<Long> streams = new HashSet<>();
        IntStream.range(0, 100_000).forEach(i -> streams.add(TokenSampler.stream("key-" + i)));
        streams.add(TokenSampler.stream(""));
        streams.add(TokenSampler.stream("\0"));
        assertThat(streams).hasSize(100_002);
    }
}
