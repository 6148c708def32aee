package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class FormulaTest {
    @Test
    void splitMix64IsThePublishedOne() {
        assertThat(Formula.splitMix64(0)).isEqualTo(0xe220a8397b1dcdafL);
    }

    /** The example of golden/README.md: these u, here stretched from -1 to 1. */
    @Test
    void theFirstValuesAreTheReadmes() {
        double[] values =
                new Formula(List.of(3), 0, 1).tensor("transformer.wte.weight").values();
        double[] u = {0.24043941497802734, 0.8439570665359497, 0.6802728176116943};
        for (int i = 0; i < u.length; i++) {
            assertThat(values[i]).isCloseTo(2 * u[i] - 1, within(1e-7));
        }
    }
}
