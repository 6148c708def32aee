package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.SAME;
import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random tiny models of every layout against the plain reference, which takes one token at a time. */
class ExactnessTest {
    private static final int[][] RULES = {{4, 28}, {1, 15}, {0, 32}, {0, 1}, {4, 1}, {2, 300}};

    /**
     * Two logits that are this far apart are in the same order in fp32: ten times what a token's NLL may differ by.
     */
    private static final double NO_TIE = 1e-3;

    private static final StreamName NAME = new StreamName("test", "stream");

    @TempDir
    private Path folder;

    static Stream<Arguments> presetsAndRules() {
        return TinyModels.Shape.presets().keySet().stream()
                .flatMap(preset -> Arrays.stream(RULES).map(rule -> Arguments.of(preset, rule[0], rule[1])));
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0} {1}+{2}")
    @MethodSource("presetsAndRules")
    void everyChunkSizeGivesTheReferencesNumbers(String preset, int sinks, int window) {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        TinyModels.of(shape).write(folder);
        PlainDecoder reference = PlainDecoder.load(folder);
        // Three windows; of the largest one enough to leave it.
        int[] ids = shape.tokens(window == 300 ? 340 : 110, 1);
        int[] others = shape.tokens(90, 2);
        double[] wanted = reference.nll(ids, sinks, window);
        double[] wantedOfOthers = reference.nll(others, sinks, window);
        for (int chunk : new int[] {1, 7, 64, 1024}) {
            ModelOptions options = ModelOptions.of(folder)
                    .withAttention(sinks, window)
                    .withCompute(chunk == 64 ? ComputeOptions.DEFAULTS : TinyCompute.UNMEASURED)
                    .withChunk(chunk, 1024);
            try (StreamModel model = StreamModel.open(options)) {
                assertNll(score(model, null, model.start(), ids).nll())
                        .as("%s %d+%d in chunks of %d, alone", preset, sinks, window, chunk)
                        .isThatOf(wanted);
                StreamName late = new StreamName("test", "late");
                int half = ids.length / 2;
                StreamState begun = score(model, late, model.start(), Arrays.copyOf(ids, half))
                        .state();
                StreamState early = score(model, NAME, model.start(), Arrays.copyOf(others, 3))
                        .state();
                List<StreamResult> together = model.advance(List.of(
                        StreamUpdate.score(null, model.start(), others),
                        StreamUpdate.score(late, begun, Arrays.copyOfRange(ids, half, ids.length)),
                        StreamUpdate.score(NAME, early, Arrays.copyOfRange(others, 3, others.length)),
                        StreamUpdate.score(null, model.start(), ids)));
                String what = preset + " " + sinks + "+" + window + " in chunks of " + chunk + ", together, ";
                assertNll(together.get(0).advanced().nll())
                        .as(what + "a short one")
                        .isThatOf(wantedOfOthers);
                assertNll(together.get(1).advanced().nll())
                        .as(what + "one from its middle")
                        .isThatOf(wanted, half, ids.length - half, SAME);
                assertNll(together.get(2).advanced().nll())
                        .as(what + "one that has just begun")
                        .isThatOf(wantedOfOthers, 3, others.length - 3, SAME);
                assertNll(together.get(3).advanced().nll())
                        .as(what + "a long one")
                        .isThatOf(wanted);
            }
        }
    }

    /** Streams of all ages, whose rows of one to a dozen tokens attend together. */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest(name = "{0}")
    @MethodSource("presetNames")
    void shortRowsOfManyStreamsGiveTheReferencesNumbers(String preset) {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        TinyModels.of(shape).write(folder);
        PlainDecoder reference = PlainDecoder.load(folder);
        for (int[] rule : new int[][] {{4, 28}, {0, 9}, {2, 1}, {4, 90}}) {
            Random random = new Random(rule[1]);
            int streams = 12;
            int[][] ids = new int[streams][];
            double[][] wanted = new double[streams][];
            List<StreamState> states = new ArrayList<>();
            try (StreamModel model = open(rule[0], rule[1])) {
                for (int i = 0; i < streams; i++) {
                    ids[i] = shape.tokens(120, i);
                    wanted[i] = reference.nll(ids[i], rule[0], rule[1]);
                    states.add(model.start());
                }
                for (int round = 0; round < 16; round++) {
                    List<Integer> who = new ArrayList<>();
                    List<StreamUpdate> updates = new ArrayList<>();
                    for (int i = 0; i < streams; i++) {
                        int from = (int) states.get(i).position();
                        // Each begins in a round of its own; some are left out, some go token by token.
                        int rows = Math.min(ids[i].length - from, i % 4 == 0 ? 1 : 1 + random.nextInt(12));
                        if (round >= i / 2 && rows > 0 && random.nextInt(5) > 0) {
                            who.add(i);
                            updates.add(StreamUpdate.score(
                                    new StreamName("test", "" + i),
                                    states.get(i),
                                    Arrays.copyOfRange(ids[i], from, from + rows)));
                        }
                    }
                    List<StreamResult> results = model.advance(updates);
                    for (int i = 0; i < who.size(); i++) {
                        int stream = who.get(i);
                        int from = (int) states.get(stream).position();
                        assertNll(results.get(i).advanced().nll())
                                .as("%s %d+%d, round %d, stream %d", preset, rule[0], rule[1], round, stream)
                                .isThatOf(wanted[stream], from, updates.get(i).tokens().length, SAME);
                        states.set(stream, results.get(i).advanced().state());
                    }
                }
                assertThat(model.usage().rebuiltTokens()).isZero();
            }
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void rowByRowGivesTheNumbersOfOneCall(long seed) {
        TinyModels.Shape shape = TinyModels.Shape.groupedTied();
        TinyModels.of(shape).seed(seed).write(folder);
        int[] ids = shape.tokens(150, seed);
        double[] wanted = PlainDecoder.load(folder).nll(ids, 4, 12);
        Random random = new Random(seed);
        try (StreamModel model = open(4, 12)) {
            StreamState state = model.start();
            while (state.position() < ids.length) {
                int from = (int) state.position();
                int rows = Math.min(ids.length - from, new int[] {0, 1, 1, 2, 5, 30}[random.nextInt(6)]);
                StreamResult.Advanced result = score(model, NAME, state, Arrays.copyOfRange(ids, from, from + rows));
                assertNll(result.nll()).as("%d tokens from %d", rows, from).isThatOf(wanted, from, rows, SAME);
                state = result.state();
                assertThat(state.position()).isEqualTo(from + rows);
            }
            assertThat(model.usage().rebuiltTokens()).isZero();
            assertThat(model.usage().tokens())
                    .as("each token but the pending one, once")
                    .isEqualTo(ids.length - 1);
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @MethodSource("presetNames")
    void continuationsAreTheReferences(String preset) {
        TinyModels.Shape shape = TinyModels.Shape.presets().get(preset);
        TinyModels.of(shape).write(folder);
        PlainDecoder reference = PlainDecoder.load(folder);
        for (int[] rule : new int[][] {{4, 28}, {0, 1}, {2, 7}}) {
            int compared = 0;
            try (StreamModel model = open(rule[0], rule[1])) {
                for (int length : new int[] {1, 2, 5, 33}) {
                    int[] prompt = shape.tokens(length, length);
                    PlainDecoder.Continuation wanted = reference.continuation(prompt, 40, rule[0], rule[1]);
                    if (wanted.margin() < NO_TIE) {
                        continue;
                    }
                    compared++;
                    StreamResult.Advanced result =
                            model.advance(StreamUpdate.generate(null, model.start(), prompt, 40, true));
                    assertThat(result.continuation().tokens()).isEqualTo(wanted.tokens());
                    int[] all = concat(prompt, wanted.tokens());
                    double[] nll = reference.nll(all, rule[0], rule[1]);
                    assertThat(result.continuation().nll())
                            .isCloseTo(
                                    Arrays.stream(nll, prompt.length - 1, nll.length)
                                            .sum(),
                                    within(40 * SAME));
                    assertNll(result.nll()).isThatOf(nll, 0, prompt.length, SAME);
                }
            }
            assertThat(compared).as("prompts without a tie").isPositive();
        }
    }

    static Stream<String> presetNames() {
        return TinyModels.Shape.presets().keySet().stream();
    }

    @Test
    void scoringAfterAContinuationIsScoringOfTheWhole() {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        int[] prompt = shape.tokens(20, 3);
        int[] next = shape.tokens(40, 4);
        try (StreamModel model = open(4, 12)) {
            StreamResult.Advanced continued =
                    model.advance(StreamUpdate.generate(NAME, model.start(), prompt, 25, true));
            StreamResult.Advanced after = score(model, NAME, continued.state(), next);

            int[] whole = concat(concat(prompt, continued.continuation().tokens()), next);
            assertThat(after.state().position()).isEqualTo(whole.length);
            assertNll(after.nll()).isThatOf(PlainDecoder.load(folder).nll(whole, 4, 12), 45, next.length, SAME);
            assertThat(model.usage().rebuiltTokens()).isZero();
        }
    }

    /** A continuation that follows nothing new goes on from the pending token. */
    @Test
    void aContinuationInTwoCallsIsOne() {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        int[] prompt = shape.tokens(20, 3);
        try (StreamModel model = open(4, 12)) {
            StreamResult.Advanced whole = model.advance(StreamUpdate.generate(null, model.start(), prompt, 30, true));
            StreamResult.Advanced first = model.advance(StreamUpdate.generate(NAME, model.start(), prompt, 13, true));
            StreamResult.Advanced second =
                    model.advance(StreamUpdate.generate(NAME, first.state(), new int[0], 17, true));
            assertThat(concat(
                            first.continuation().tokens(), second.continuation().tokens()))
                    .isEqualTo(whole.continuation().tokens());
        }
    }

    /**
     * The last token before EOS was run to see what follows it, and stays the pending one: the cache steps back by it and
     * is used again.
     */
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 9, 30})
    void theEndOfSequenceEndsAContinuationAndIsNoPartOfTheStream(int promptLength) throws IOException {
        TinyModels.Shape shape = TinyModels.Shape.llama();
        TinyModels.of(shape).write(folder);
        PlainDecoder reference = PlainDecoder.load(folder);
        int[] prompt = shape.tokens(promptLength, 5);
        int[] unbroken = reference.greedy(prompt, 30, 4, 12);
        int[] next = shape.tokens(30, 6);
        for (int stop : new int[] {0, 1, 12}) {
            int eos = unbroken[stop];
            int length = IntStream.range(0, 30)
                    .filter(i -> unbroken[i] == eos)
                    .findFirst()
                    .orElseThrow();
            Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [" + eos + "]}");
            try (StreamModel model = open(4, 12)) {
                StreamResult.Advanced result =
                        model.advance(StreamUpdate.generate(NAME, model.start(), prompt, 30, false));
                assertThat(result.continuation().finish()).isEqualTo(FinishReason.EOS);
                assertThat(result.continuation().tokens()).isEqualTo(Arrays.copyOf(unbroken, length));
                assertThat(result.state().position()).isEqualTo(promptLength + length);

                StreamResult.Advanced after = score(model, NAME, result.state(), next);
                int[] whole = concat(concat(prompt, result.continuation().tokens()), next);
                assertNll(after.nll())
                        .as("EOS after %d tokens", length)
                        .isThatOf(reference.nll(whole, 4, 12), promptLength + length, next.length, SAME);
                assertThat(model.usage().rebuiltTokens()).isZero();
                assertThat(model.usage().caches().hits())
                        .as("a stream of one token has nothing in its cache")
                        .isEqualTo(1);

                StreamResult.Advanced through =
                        model.advance(StreamUpdate.generate(null, model.start(), prompt, 30, true));
                assertThat(through.continuation().tokens()).isEqualTo(unbroken);
                assertThat(through.continuation().finish()).isEqualTo(FinishReason.LENGTH);
            }
        }
    }

    private StreamModel open(int sinks, int window) {
        return StreamModel.open(
                ModelOptions.of(folder).withAttention(sinks, window).withCompute(TinyCompute.UNMEASURED));
    }

    private static int[] concat(int[] a, int[] b) {
        return IntStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
    }

    private static StreamResult.Advanced score(StreamModel model, StreamName name, StreamState state, int[] tokens) {
        return model.advance(StreamUpdate.score(name, state, tokens));
    }
}
