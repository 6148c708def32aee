package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.cache.SinkDistance;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sinks that stay where they stand in the text, for every way to run a stream. */
class SinkDistanceTest {
    private static final int SINKS = 4;
    private static final int WINDOW = 12;

    @TempDir
    private Path folder;

    static Stream<String> presets() {
        return TinyModels.Shape.presets().keySet().stream();
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0}")
    @MethodSource("presets")
    void sinksLeftBehindGiveTheReferencesNumbers(String preset) {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        TinyModels.of(shape).write(folder);
        int[] ids = shape.tokens(110, 1);
        PlainDecoder.Stream reference = PlainDecoder.load(folder).absoluteStream(SINKS, WINDOW);
        double[] wanted = new double[ids.length - 1];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = PlainDecoder.nll(reference.step(ids[i]), ids[i + 1]);
        }
        assertEveryWay(folder, ids, wanted);
    }

    /** ALiBi, of which there is no plain reference: chunks, slabs, single tokens and what is rebuilt agree. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(strings = {"mpt_plain", "falcon_rw"})
    void biasesOfSinksLeftBehindAreTheSameEveryWay(String family) {
        Golden golden = Golden.own(family, folder);
        try (StreamModel model = open(golden.folder(), 64, SinkDistance.GROWING);
                StreamModel bounded = open(golden.folder(), 64, SinkDistance.BOUNDED)) {
            double[] nll = score(model, model.start(), golden.ids()).nll();
            double[] inCache = score(bounded, bounded.start(), golden.ids()).nll();
            int differs = SINKS + WINDOW + 2;
            assertThat(Arrays.copyOfRange(nll, 1, differs)).containsExactly(Arrays.copyOfRange(inCache, 1, differs));
            assertThat(Math.abs(nll[nll.length - 1] - inCache[nll.length - 1])).isGreaterThan(NllAssert.SAME);
            assertEveryWay(golden.folder(), golden.ids(), Arrays.copyOfRange(nll, 1, nll.length));
        }
    }

    private static void assertEveryWay(Path checkpoint, int[] ids, double[] wanted) {
        int half = ids.length / 2;
        int[] rest = Arrays.copyOfRange(ids, half, ids.length);
        for (int chunk : new int[] {1, 7, 1024}) {
            try (StreamModel model = open(checkpoint, chunk, SinkDistance.GROWING)) {
                StreamState begun =
                        score(model, model.start(), Arrays.copyOf(ids, half)).state();
                List<StreamResult> results = model.advance(List.of(
                        StreamUpdate.score(null, model.start(), ids),
                        StreamUpdate.score(null, begun, rest),
                        StreamUpdate.score(null, model.start(), Arrays.copyOf(ids, half)),
                        StreamUpdate.score(null, begun, Arrays.copyOf(rest, 3))));
                assertNll(results.get(0).advanced().nll())
                        .as("whole, in chunks of %d", chunk)
                        .isThatOf(wanted);
                assertNll(results.get(1).advanced().nll())
                        .as("rebuilt, in chunks of %d", chunk)
                        .isThatOf(wanted, half, rest.length, NllAssert.SAME);
                assertNll(results.get(3).advanced().nll())
                        .as("a few tokens, in chunks of %d", chunk)
                        .isThatOf(wanted, half, 3, NllAssert.SAME);
            }
        }
    }

    private static StreamModel open(Path checkpoint, int chunk, SinkDistance distance) {
        return StreamModel.open(ModelOptions.of(checkpoint)
                .withAttention(SINKS, WINDOW)
                .withSinkDistance(distance)
                .withCompute(TinyCompute.UNMEASURED)
                .withChunk(chunk, 1024));
    }

    private static StreamResult.Advanced score(StreamModel model, StreamState state, int[] tokens) {
        return model.advance(StreamUpdate.score(null, state, tokens));
    }
}
