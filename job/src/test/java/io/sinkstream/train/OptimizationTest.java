package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class OptimizationTest {
    @Test
    void theRateRisesAndThenFallsAlongACosine() {
        Optimization optimization = new Optimization(110, 10, 1e-2, 0.1, 0.1, 1);

        assertThat(optimization.rateOf(0)).isCloseTo(1e-3, within(1e-12));
        assertThat(optimization.rateOf(9)).isCloseTo(1e-2, within(1e-12));
        assertThat(optimization.rateOf(10)).isCloseTo(1e-2, within(1e-12));
        assertThat(optimization.rateOf(60))
                .as("half way, between peak and a tenth")
                .isCloseTo(5.5e-3, within(1e-12));
        assertThat(optimization.rateOf(110)).isCloseTo(1e-3, within(1e-12));
    }

    @Test
    void withoutWarmupItBeginsAtItsPeak() {
        assertThat(new Optimization(10, 0, 1e-2, 0.1, 0.1, 1).rateOf(0)).isEqualTo(1e-2);
    }
}
