package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndSignalTest {
    @Test
    void isTakenForAsLongAsSomethingWaitsForIt() {
        assertThat(EndSignal.take()).isFalse();
        EndSignal one = EndSignal.await();
        try (EndSignal other = EndSignal.await()) {
            assertThat(one.isGiven()).isFalse();

            assertThat(EndSignal.take()).isTrue();

            assertThat(one.isGiven()).isTrue();
            assertThat(other.isGiven()).isTrue();
        }
        one.close();
        // Nobody is left, so it ends the JVM as it would without a query.
        assertThat(EndSignal.take()).isFalse();
        try (EndSignal next = EndSignal.await()) {
            assertThat(next.isGiven()).isFalse();
        }
    }
}
