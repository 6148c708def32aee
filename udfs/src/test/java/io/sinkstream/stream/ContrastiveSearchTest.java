package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Contrast;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.Shared;
import io.sinkstream.testing.TinyModels;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Contrastive search: as transformers' while nothing leaves the window, then as a plain decoder has it, whatever happens to a stream. */
class ContrastiveSearchTest {
    private static final int SINKS = 4;
    private static final int WINDOW = 12;
    private static final int NEW_TOKENS = 40;

    /** The closest decision that a test may hang on: fp32 is far nearer to the truth. */
    private static final double GAP = 1e-4;

    private static final TinyModels.Shape SHAPE = TinyModels.Shape.llama().withLayers(2);
    private static final Contrast CONTRAST = new Contrast(0.5, 5);

    static final List<String> FAMILIES = Golden.SHARED;

    @TempDir
    private static Path folder;

    private static StreamModel model;
    private static PlainDecoder plain;

    @BeforeAll
    static void open() {
        TinyModels.of(SHAPE).write(folder);
        plain = PlainDecoder.load(folder);
        model = open(64, 64, 1 << 28);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static StreamModel open(int chunk, int passTokens, long cacheBytes) {
        return StreamModel.open(ModelOptions.of(folder)
                .withAttention(SINKS, WINDOW)
                .withCompute(TinyCompute.UNMEASURED)
                .withChunk(chunk, passTokens)
                .withCacheBytes(cacheBytes));
    }

    private static Sampling by(Contrast contrast) {
        return new Sampling(Penalties.NONE, Bans.NONE, null, Stops.NONE, contrast);
    }

    private static StreamUpdate.Continue update(String name, StreamState state, int[] tokens, int newTokens) {
        return StreamUpdate.generate(new StreamName("contrast", name), state, tokens, newTokens, true)
                .sampled(by(CONTRAST), name);
    }

    /** {@code contrastive_search.py} says what a case is. */
    @ParameterizedTest
    @FieldSource("FAMILIES")
    void isThatOfTransformers(String family) throws IOException {
        Path checkpoint = Shared.require("golden").resolve(family);
        int compared = 0;
        try (StreamModel golden = StreamModel.open(
                ModelOptions.of(checkpoint).withAttention(SINKS, 60).withCompute(TinyCompute.UNMEASURED))) {
            for (JsonElement element : cases()) {
                JsonObject one = element.getAsJsonObject();
                if (!one.get("family").getAsString().equals(family)) {
                    continue;
                }
                JsonObject config = one.getAsJsonObject("config");
                double repetition = config.has("repetition_penalty")
                        ? config.get("repetition_penalty").getAsDouble()
                        : 1;
                int[] wanted = ids(one, "tokens");
                Sampling sampling = new Sampling(
                        new Penalties(Map.of(), repetition, 0, 0),
                        new Bans(0, List.of(), wanted.length, Set.of()),
                        null,
                        Stops.NONE,
                        new Contrast(
                                config.get("penalty_alpha").getAsDouble(),
                                config.get("top_k").getAsInt()));

                StreamResult.Advanced found =
                        golden.advance(StreamUpdate.generate(null, golden.start(), ids(one, "prompt"), 24, false)
                                .sampled(sampling, "key"));

                assertThat(found.continuation().tokens())
                        .as("%s, closest decision %s", config, one.get("gap"))
                        .isEqualTo(wanted);
                compared++;
            }
        }
        assertThat(compared).isEqualTo(2);
    }

    private static JsonArray cases() throws IOException {
        try (Reader reader = new InputStreamReader(
                ContrastiveSearchTest.class.getResourceAsStream("/io/sinkstream/sampling/contrastive.json"),
                StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonArray();
        }
    }

    private static int[] ids(JsonObject json, String name) {
        return StreamSupport.stream(json.getAsJsonArray(name).spliterator(), false)
                .mapToInt(JsonElement::getAsInt)
                .toArray();
    }

    /**
     * What a plain decoder writes.
     *
     * @param gap by how much the winner was ahead where that was least
     */
    private record Truth(int[] tokens, double nll, double gap) {
        static Truth of(int[] prompt, int newTokens, Contrast contrast) {
            int[] all = prompt;
            double gap = Double.POSITIVE_INFINITY;
            double nll = 0;
            for (int i = 0; i < newTokens; i++) {
                List<double[]> states = new ArrayList<>();
                double[] logits = run(all, states);
                int[] tried = likeliest(logits, contrast.topK());
                double[] scores = new double[tried.length];
                for (int j = 0; j < tried.length; j++) {
                    List<double[]> longer = new ArrayList<>();
                    var unused = run(with(all, tried[j]), longer);
                    scores[j] = contrast.score(
                            Math.exp(-PlainDecoder.nll(logits, tried[j])), nearest(states, longer.get(all.length)));
                }
                int best = IntStream.range(0, scores.length)
                        .reduce((a, b) -> scores[b] > scores[a] ? b : a)
                        .orElseThrow();
                double[] sorted = scores.clone();
                Arrays.sort(sorted);
                gap = Math.min(gap, sorted[sorted.length - 1] - sorted[sorted.length - 2]);
                nll += PlainDecoder.nll(logits, tried[best]);
                all = with(all, tried[best]);
            }
            return new Truth(Arrays.copyOfRange(all, prompt.length, all.length), nll, gap);
        }

        private static double[] run(int[] tokens, List<double[]> states) {
            PlainDecoder.Stream stream = plain.stream(SINKS, WINDOW);
            double[] logits = new double[0];
            for (int token : tokens) {
                logits = stream.step(token);
                states.add(stream.state());
            }
            return logits;
        }

        private static int[] likeliest(double[] logits, int count) {
            return IntStream.range(0, logits.length)
                    .boxed()
                    .sorted((a, b) -> Double.compare(logits[b], logits[a]))
                    .limit(count)
                    .mapToInt(Integer::intValue)
                    .toArray();
        }

        private static double nearest(List<double[]> states, double[] state) {
            int position = states.size();
            return IntStream.range(0, position)
                    .filter(i -> i < SINKS || i >= position - WINDOW)
                    .mapToDouble(i -> dot(states.get(i), state)
                            / Math.sqrt(dot(states.get(i), states.get(i)) * dot(state, state)))
                    .max()
                    .orElseThrow();
        }

        private static double dot(double[] a, double[] b) {
            return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
        }
    }

    private static int[] with(int[] tokens, int... more) {
        return IntStream.concat(Arrays.stream(tokens), Arrays.stream(more)).toArray();
    }

    private static void assertTrue(StreamResult.Advanced found, Truth truth) {
        assertThat(truth.gap()).as("the closest decision").isGreaterThan(GAP);
        assertThat(found.continuation().tokens()).isEqualTo(truth.tokens());
        assertThat(found.continuation().nll()).isCloseTo(truth.nll(), within(NllAssert.SAME * truth.tokens().length));
    }

    /** From a single token, where sinks are still to come, and from a prompt longer than the window. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 50})
    void itsWindowIsTheRules(int prompt) {
        int[] ids = SHAPE.tokens(prompt, prompt);

        assertTrue(
                model.advance(update("alone", model.start(by(CONTRAST)), ids, NEW_TOKENS)),
                Truth.of(ids, NEW_TOKENS, CONTRAST));
    }

    @Test
    void oneOfAlikeTokensIsNotTheGreedyOne() {
        int[] ids = SHAPE.tokens(10, 1);
        StreamUpdate greedy = StreamUpdate.generate(null, model.start(), ids, NEW_TOKENS, true);

        assertThat(model.advance(greedy).continuation().tokens())
                .isNotEqualTo(Truth.of(ids, NEW_TOKENS, CONTRAST).tokens());
    }

    /** In pieces, with room for few caches, and for candidates only one by one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64})
    void itIsTheSameAloneAndAmongOthers(int passTokens) {
        int[] ids = SHAPE.tokens(20, 3);
        Truth truth = Truth.of(ids, 16, CONTRAST);
        try (StreamModel small = open(Math.min(7, passTokens), passTokens, 200_000)) {
            List<StreamUpdate> updates = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                updates.add(i % 3 == 0 ? update("" + i, small.start(by(CONTRAST)), ids, 16) : score(small, i));
            }
            List<StreamResult> results = small.advance(updates);
            for (int i = 0; i < 12; i += 3) {
                assertTrue(results.get(i).advanced(), truth);
            }
        }
    }

    private static StreamUpdate score(StreamModel any, int stream) {
        return StreamUpdate.score(null, any.start(), SHAPE.tokens(60, stream));
    }

    /** Its cache is there, lost, or was used by somebody who looked at no hidden state. */
    @ParameterizedTest
    @ValueSource(strings = {"kept", "lost", "scored"})
    void aStreamGoesOn(String what) {
        int[] ids = SHAPE.tokens(30, 4);
        int[] between = SHAPE.tokens(9, 5);
        StreamName name = new StreamName("contrast", "goes on");
        StreamResult.Advanced first = model.advance(update("goes on", model.start(by(CONTRAST)), ids, 20));
        StreamState state = first.state();
        if (what.equals("lost")) {
            model.forget(name);
        } else if (what.equals("scored")) {
            state = model.advance(StreamUpdate.score(name, state, Arrays.copyOf(between, 4)))
                    .state();
        }
        int[] rest = what.equals("scored") ? Arrays.copyOfRange(between, 4, 9) : between;

        StreamResult.Advanced second = model.advance(update("goes on", state, rest, 20));

        assertThat(second.rebuiltTokens()).matches(count -> (count == 0) == what.equals("kept"));
        int[] all = with(with(ids, first.continuation().tokens()), between);
        assertTrue(second, Truth.of(all, 20, CONTRAST));
        // And what comes next finds a cache that holds what its state says.
        StreamResult.Advanced after = model.advance(StreamUpdate.score(name, second.state(), ids));
        assertThat(after.rebuiltTokens()).isZero();
        int[] whole = with(with(all, second.continuation().tokens()), ids);
        double[] nll = plain.nll(whole, SINKS, WINDOW);
        assertThat(after.nll())
                .containsExactly(Arrays.copyOfRange(nll, nll.length - ids.length, nll.length), within(NllAssert.SAME));
        model.forget(name);
    }

    @Test
    void aStopTokenEndsIt() {
        int[] ids = SHAPE.tokens(20, 6);
        int[] whole = Truth.of(ids, 12, CONTRAST).tokens();
        Sampling stopped = by(CONTRAST).withStops(new Stops(List.of(), Set.of(whole[5])));
        int first = IntStream.range(0, 12)
                .filter(i -> whole[i] == whole[5])
                .findFirst()
                .orElseThrow();

        StreamResult.Advanced found = model.advance(
                StreamUpdate.generate(null, model.start(stopped), ids, 12, true).sampled(stopped, "key"));

        assertThat(found.continuation().tokens()).isEqualTo(Arrays.copyOf(whole, first + 1));
        assertThat(found.continuation().finish()).isEqualTo(FinishReason.STOP);
    }

    /** R tokens more than numbers need have an influence on the window's hidden states. */
    @Test
    void aStateThatKeepsTooLittleIsRefused() {
        StreamState state = model.start().append(SHAPE.tokens(100, 7));

        StreamResult refused = model.advance(List.of(update("short", state, SHAPE.tokens(3, 8), 5)))
                .get(0);

        assertThat(refused)
                .isEqualTo(new StreamResult.Refused(
                        "contrastive search needs 36 tokens of a stream before its last one, the state has 24"));
    }
}
