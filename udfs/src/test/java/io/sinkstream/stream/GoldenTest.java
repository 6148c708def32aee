package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.testing.Golden;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of the references, for every way to cut and mix streams. */
class GoldenTest {
    /** fp32 against float64 over a few layers; the project's meaning of "the same numbers". */
    private static final double SAME = 1e-4;

    private static final int[] CHUNKS = {1, 7, 64, 1024};

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "mistral"})
    void everyStreamingCaseHoldsForEveryChunk(String family) {
        Golden golden = Golden.require(family);
        Path folder = golden.folder();
        for (Golden.Streaming wanted : golden.streaming()) {
            for (int chunk : CHUNKS) {
                ModelOptions options = ModelOptions.of(folder)
                        .withAttention(wanted.sinks(), wanted.window())
                        .withChunk(chunk, 1024);
                try (StreamModel model = StreamModel.open(options)) {
                    StreamResult result = model.advance(List.of(StreamUpdate.score(null, model.start(), golden.ids())))
                            .get(0);
                    assertClose(
                            result.nll(),
                            wanted.nll(),
                            family + " " + wanted.sinks() + "+" + wanted.window() + " chunk " + chunk);
                    StreamResult continued = model.advance(List.of(StreamUpdate.generate(
                                    null, model.start(), wanted.prompt(), wanted.greedy().length, true)))
                            .get(0);
                    assertThat(continued.continuation()).isEqualTo(wanted.greedy());
                }
            }
        }
    }

    private static void assertClose(double[] nll, double[] wanted, String what) {
        assertThat(nll).hasSize(wanted.length + 1);
        assertThat(nll[0]).as("nothing predicts the first token").isNaN();
        for (int i = 0; i < wanted.length; i++) {
            assertThat(nll[i + 1]).as("%s, token %d", what, i + 1).isCloseTo(wanted[i], within(SAME));
        }
    }
}
