package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class SampleOrderTest {
    @Property(tries = 200)
    void eachComesOnceAnEpochAndTheSameFromAnyPlaceOn(
            @ForAll @IntRange(min = 1, max = 50) int samples,
            @ForAll long seed,
            @ForAll @IntRange(max = 149) int place) {
        SampleOrder order = new SampleOrder(samples, seed);
        int[] three = IntStream.range(0, 3 * samples).map(order::sample).toArray();

        for (int epoch = 0; epoch < 3; epoch++) {
            assertThat(IntStream.of(three)
                            .skip((long) epoch * samples)
                            .limit(samples)
                            .sorted())
                    .containsExactly(IntStream.range(0, samples).boxed().toArray(Integer[]::new));
        }
        int from = place % three.length;
        SampleOrder later = new SampleOrder(samples, seed);
        assertThat(IntStream.range(from, three.length).map(later::sample).toArray())
                .isEqualTo(IntStream.of(three).skip(from).toArray());
    }
}
