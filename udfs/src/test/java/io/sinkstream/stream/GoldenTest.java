package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.testing.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of other implementations, for every way to cut and mix streams. */
class GoldenTest {

    /** What is read once, and own checkpoints, written once. */
    private static final Map<String, Golden> GOLDEN = new ConcurrentHashMap<>();

    @TempDir
    private static Path checkpoints;

    static Stream<String> families() {
        return Stream.concat(Golden.SHARED.stream(), Golden.own().stream());
    }

    static Stream<Arguments> familiesAndChunks() {
        return families().flatMap(family -> Stream.of(1, 7, 64, 1024).map(chunk -> Arguments.of(family, chunk)));
    }

    private static Golden golden(String family) {
        return GOLDEN.computeIfAbsent(
                family,
                name -> Golden.SHARED.contains(name)
                        ? Golden.require(name)
                        : Golden.own(name, checkpoints.resolve(name)));
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0}, chunks of {1}")
    @MethodSource("familiesAndChunks")
    void everyStreamingCaseHoldsAloneAndAmongOthers(String family, int chunk) {
        Golden golden = golden(family);
        assertThat(golden.streaming()).hasSizeGreaterThanOrEqualTo(3);
        for (int i = 0; i < golden.streaming().size(); i++) {
            Golden.Streaming wanted = golden.streaming().get(i);
            String what = family + " " + wanted + " in chunks of " + chunk;
            // Once for each family as a user loads it.
            ModelOptions options = ModelOptions.of(golden.folder())
                    .withAttention(wanted.sinks(), wanted.window())
                    .withCompute(chunk == 64 && i == 0 ? ComputeOptions.DEFAULTS : TinyCompute.UNMEASURED)
                    .withChunk(chunk, 1024);
            try (StreamModel model = StreamModel.open(options)) {
                // The whole stream is among the others too: alone in single tokens, one case of a family is enough.
                if (chunk > 1 || i == 0) {
                    StreamResult.Advanced alone = score(model, model.start(), golden.ids());
                    assertNll(alone.nll()).as("%s, alone", what).isThatOf(wanted.nll());
                }
                assertAmongOthers(model, golden, wanted, what);
            }
        }
    }

    /** Streams of which some have begun already, at positions before and beyond the window, and one that continues. */
    private static void assertAmongOthers(StreamModel model, Golden golden, Golden.Streaming wanted, String what) {
        int[] ids = golden.ids();
        int[] begun = {0, 1, 3, 50, 121};
        List<StreamUpdate> first = new ArrayList<>();
        for (int at : begun) {
            first.add(StreamUpdate.score(name(at), model.start(), Arrays.copyOf(ids, at)));
        }
        List<StreamResult> states = model.advance(first);
        List<StreamUpdate> rest = new ArrayList<>();
        for (int i = 0; i < begun.length; i++) {
            rest.add(StreamUpdate.score(
                    name(begun[i]), states.get(i).advanced().state(), Arrays.copyOfRange(ids, begun[i], ids.length)));
        }
        StreamUpdate.Continue greedy =
                StreamUpdate.generate(null, model.start(), wanted.prompt(), wanted.greedy().length, true);
        rest.add(greedy);
        rest.add(greedy.lookingUp(8));
        List<StreamResult> results = model.advance(rest);
        for (int i = 0; i < begun.length; i++) {
            assertNll(results.get(i).advanced().nll())
                    .as("%s, from token %d among others", what, begun[i])
                    .isThatOf(wanted.nll(), begun[i], ids.length - begun[i], NllAssert.SAME);
        }
        for (StreamResult result : results.subList(begun.length, results.size())) {
            Continuation continued = result.advanced().continuation();
            assertThat(continued.tokens()).as("%s, greedily", what).isEqualTo(wanted.greedy());
            assertThat(continued.finish()).isEqualTo(FinishReason.LENGTH);
        }
        assertThat(model.usage().rebuiltTokens()).isZero();
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @MethodSource("families")
    void aWindowThatNeverFillsIsDense(String family) {
        Golden golden = golden(family);
        for (int[] rule : new int[][] {{0, golden.ids().length}, {4, 1020}}) {
            ModelOptions options = ModelOptions.of(golden.folder())
                    .withAttention(rule[0], rule[1])
                    .withCompute(TinyCompute.UNMEASURED)
                    .withChunk(64, 64);
            try (StreamModel model = StreamModel.open(options)) {
                assertNll(score(model, model.start(), golden.ids()).nll())
                        .as("%s %d+%d", family, rule[0], rule[1])
                        .isThatOf(golden.dense().nll());
            }
        }
    }

    /** Angles and biases stay exact however far a stream has come: one more than 100,000 tokens long, to its end. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(strings = {"btlm", "falcon_rw", "gpt_neox_sequential", "mpt_plain"})
    void theEndOfALongStreamHolds(String family) {
        Golden golden = golden(family);
        Golden.Far far = golden.far();
        ModelOptions options = ModelOptions.of(golden.folder())
                .withAttention(far.sinks(), far.window())
                .withCompute(TinyCompute.UNMEASURED)
                .withChunk(1024, 1024);
        try (StreamModel model = StreamModel.open(options)) {
            int[] ids = far.ids(model.description().vocabularySize());
            double[] nll = score(model, model.start(), ids).nll();
            assertThat(Arrays.copyOfRange(nll, ids.length - far.nll().length, ids.length))
                    .containsExactly(far.nll(), within(NllAssert.SAME));
        }
    }

    private static StreamName name(int at) {
        return new StreamName("golden", "from " + at);
    }

    private static StreamResult.Advanced score(StreamModel model, StreamState state, int[] tokens) {
        return model.advance(StreamUpdate.score(null, state, tokens));
    }
}
