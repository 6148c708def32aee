package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of scored tokens beside their NLLs, against other implementations, however streams are cut. */
class TokenDetailsTest {
    /** Two logits may change places if their difference is below twice what numbers may differ by. */
    private static final double CLOSE = 2 * NllAssert.SAME;

    private static final TokenDetails ALL = new TokenDetails(true, true, 3);

    private static final Map<String, Expected> EXPECTED = read();

    /**
     * Of one family, an entry for each token but the first.
     *
     * @param rank 0 where another token is so near that rounding decides
     * @param entropy nats
     * @param tokens the three likeliest
     * @param logprobs of these, nats
     */
    @SuppressWarnings("ArrayRecordComponent") // nothing compares them
    private record Expected(int sink, int window, int[] rank, double[] entropy, int[][] tokens, double[][] logprobs) {}

    private static Map<String, Expected> read() {
        try (Reader file = new InputStreamReader(
                Golden.class.getResourceAsStream("golden/details.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(file, new TypeToken<Map<String, Expected>>() {}.getType());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Stream<String> families() {
        return Golden.SHARED.stream();
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @MethodSource("families")
    void everyFamilyHasThoseOfTheReference(String family) {
        Golden golden = Golden.require(family);
        Expected expected = EXPECTED.get(family);
        int[] ids = golden.ids();
        assertThat(expected.rank()).hasSize(ids.length - 1);
        assertThat(Arrays.stream(expected.rank()).filter(rank -> rank > 0).count())
                .isGreaterThan(280);
        for (int chunk : new int[] {1, 7, 512}) {
            try (StreamModel model = open(golden.folder(), expected.sink(), expected.window(), chunk)) {
                StreamState begun = model.advance(StreamUpdate.score(null, model.start(), Arrays.copyOf(ids, 101)))
                        .state();
                int[] rest = Arrays.copyOfRange(ids, 101, ids.length);
                List<StreamResult> results = model.advance(List.of(
                        detailed(model.start(), ids),
                        detailed(begun, rest),
                        StreamUpdate.score(null, model.start(), ids)));
                assertExpected(expected, results.get(0).advanced().details(), 0, ids.length);
                assertExpected(expected, results.get(1).advanced().details(), 101, rest.length);
                assertThat(results.get(2).advanced().details()).isEmpty();
            }
        }
    }

    private static void assertExpected(Expected expected, double[] details, int from, int count) {
        assertThat(details).hasSize(count * ALL.numbers());
        for (int i = 0; i < count; i++) {
            int t = from + i - 1;
            if (t < 0) {
                assertThat(Arrays.copyOf(details, ALL.numbers())).containsOnly(Double.NaN);
                continue;
            }
            if (expected.rank()[t] > 0) {
                assertThat(ALL.rank(details, i)).as("rank of token %d", t + 1).isEqualTo(expected.rank()[t]);
            }
            assertThat(ALL.entropy(details, i)).isCloseTo(expected.entropy()[t], within(NllAssert.SAME));
            double[] logprobs = expected.logprobs()[t];
            for (int place = 0; place < logprobs.length; place++) {
                assertThat(ALL.likeliestLogprob(details, i, place)).isCloseTo(logprobs[place], within(NllAssert.SAME));
                // What comes behind the last is not known.
                boolean isCertain = place + 1 < logprobs.length
                        && logprobs[place] - logprobs[place + 1] > CLOSE
                        && (place == 0 || logprobs[place - 1] - logprobs[place] > CLOSE);
                if (isCertain) {
                    assertThat(ALL.likeliestToken(details, i, place)).isEqualTo(expected.tokens()[t][place]);
                }
            }
        }
    }

    /** All tokens' log-probabilities, after the window has filled. */
    @Test
    void theLikeliestOfAllAreAllInTheirOrder() {
        Golden golden = Golden.require("llama");
        int[] ids = Arrays.copyOf(golden.ids(), 60);
        PlainDecoder plain = PlainDecoder.load(golden.folder());
        TokenDetails whole = new TokenDetails(false, false, plain.vocab());
        try (StreamModel model = open(golden.folder(), 1, 15, 16)) {
            double[] details = model.advance(new StreamUpdate.Score(null, model.start(), ids, whole))
                    .details();
            PlainDecoder.Stream stream = plain.stream(1, 15);
            for (int t = 1; t < ids.length; t++) {
                double[] logits = stream.step(ids[t - 1]);
                boolean[] seen = new boolean[plain.vocab()];
                for (int place = 0; place < seen.length; place++) {
                    int token = whole.likeliestToken(details, t, place);
                    seen[token] = true;
                    assertThat(whole.likeliestLogprob(details, t, place))
                            .isCloseTo(-PlainDecoder.nll(logits, token), within(NllAssert.SAME));
                    assertThat(place == 0 ? 0 : whole.likeliestLogprob(details, t, place - 1))
                            .isGreaterThanOrEqualTo(whole.likeliestLogprob(details, t, place));
                }
                assertThat(seen).containsOnly(true);
            }
        }
    }

    @Test
    void askingForThemChangesNothingElse() {
        Golden golden = Golden.require("llama");
        try (StreamModel model = open(golden.folder(), 4, 28, 64)) {
            StreamResult.Advanced bare = model.advance(StreamUpdate.score(null, model.start(), golden.ids()));
            StreamResult.Advanced detailed = model.advance(detailed(model.start(), golden.ids()));
            assertThat(detailed.nll()).containsExactly(bare.nll());
            assertThat(detailed.state().hash()).isEqualTo(bare.state().hash());
            assertThat(detailed.state().history()).containsExactly(bare.state().history());
        }
    }

    /** A cache that is gone is rebuilt by tokens of which nothing is told. */
    @Test
    void aRebuiltStreamHasThemToo() {
        Golden golden = Golden.require("mpt");
        Expected expected = EXPECTED.get("mpt");
        int[] ids = golden.ids();
        StreamName name = new StreamName("details", "x");
        try (StreamModel model = open(golden.folder(), expected.sink(), expected.window(), 32)) {
            StreamState begun = model.advance(StreamUpdate.score(name, model.start(), Arrays.copyOf(ids, 200)))
                    .state();
            model.forget(name);
            StreamResult.Advanced rest =
                    model.advance(new StreamUpdate.Score(name, begun, Arrays.copyOfRange(ids, 200, 300), ALL));
            assertThat(rest.rebuiltTokens()).isPositive();
            assertExpected(expected, rest.details(), 200, 100);
        }
    }

    @Test
    void moreThanThereAreAreRefused() {
        Path folder = Shared.require("golden").resolve("llama");
        try (StreamModel model = open(folder, 4, 28, 64)) {
            StreamUpdate update =
                    new StreamUpdate.Score(null, model.start(), new int[] {1, 2}, new TokenDetails(false, false, 132));
            assertThatThrownBy(() -> model.advance(update))
                    .hasMessage("there are no 132 likeliest tokens in a vocabulary of 131");
        }
    }

    private static StreamUpdate detailed(StreamState state, int[] tokens) {
        return new StreamUpdate.Score(null, state, tokens, ALL);
    }

    private static StreamModel open(Path folder, int sinks, int window, int chunk) {
        return StreamModel.open(ModelOptions.of(folder)
                .withAttention(sinks, window)
                .withCompute(TinyCompute.UNMEASURED)
                .withChunk(chunk, 512));
    }
}
