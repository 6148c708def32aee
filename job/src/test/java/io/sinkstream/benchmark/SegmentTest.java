package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Where predictions are cut. */
class SegmentTest {
    @Property
    void everyPredictionIsInOneSegmentAndWarmUpCostsAQuarterAtMost(
            @ForAll @IntRange(min = 1, max = 5_000_000) int count,
            @ForAll @IntRange(min = 1, max = 2_000) int wanted,
            @ForAll @IntRange(max = 100_000) int warmUp) {
        List<Segment> segments = Segment.cut(count, wanted, warmUp);

        assertThat(segments).hasSizeBetween(1, wanted);
        int at = 0;
        for (Segment segment : segments) {
            assertThat(segment.from()).isEqualTo(at);
            assertThat(segment.to()).isGreaterThan(at);
            at = segment.to();
        }
        assertThat(at).isEqualTo(count);
        long more = (segments.size() - 1L) * warmUp;
        assertThat(more).isLessThanOrEqualTo(count / 4);
        boolean isAll = segments.size() == Math.min(wanted, count);
        assertThat(isAll || more + warmUp > count / 4).isTrue();
    }

    @Test
    void allTakeTheSameTimeWithTheirWarmUp() {
        assertThat(Segment.cut(1000, 3, 100))
                .containsExactly(new Segment(0, 400), new Segment(400, 700), new Segment(700, 1000));
    }
}
