package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.decoder.DecoderSpec.Alibi;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The slopes against the lists that the paper's code (ofirpress/attention_with_linear_biases) gives. */
class AlibiTest {
    @Test
    void aPowerOfTwoIsOneSequence() {
        assertSlopes(Alibi.of(8, 8, 1), 1 / 2., 1 / 4., 1 / 8., 1 / 16., 1 / 32., 1 / 64., 1 / 128., 1 / 256.);
    }

    @Test
    void sixHeadsAreTheFourAndThenTwoOfTheEight() {
        assertSlopes(Alibi.of(6, 8, 1), 1 / 4., 1 / 16., 1 / 64., 1 / 256., 1 / 2., 1 / 8.);
    }

    @Test
    void twelveHeadsAreTheEightAndThenFourOfTheSixteen() {
        assertSlopes(
                Alibi.of(12, 8, 1),
                1 / 2.,
                1 / 4.,
                1 / 8.,
                1 / 16.,
                1 / 32.,
                1 / 64.,
                1 / 128.,
                1 / 256.,
                Math.sqrt(1 / 2.),
                Math.sqrt(1 / 8.),
                Math.sqrt(1 / 32.),
                Math.sqrt(1 / 128.));
    }

    @Test
    void oneHeadHasTheLastSlope() {
        assertSlopes(Alibi.of(1, 8, 1), 1 / 256.);
    }

    /** MPT's alibi_bias_max, and Falcon's scale. */
    @Test
    void theLastExponentAndAFactorAreFree() {
        assertSlopes(Alibi.of(4, 16, 1), 0x1p-4, 0x1p-8, 0x1p-12, 0x1p-16);
        assertSlopes(Alibi.of(4, 8, 0.5), 0x1p-3, 0x1p-5, 0x1p-7, 0x1p-9);
    }

    private static void assertSlopes(Alibi alibi, double... wanted) {
        List<Double> slopes = alibi.slopes();
        assertThat(slopes).hasSize(wanted.length);
        for (int i = 0; i < wanted.length; i++) {
            assertThat(slopes.get(i)).as("head %d", i).isCloseTo(wanted[i], within(1e-15));
        }
    }
}
