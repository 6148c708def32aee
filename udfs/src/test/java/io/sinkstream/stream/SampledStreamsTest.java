package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Draw;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyTokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Continuations that are not only the likeliest tokens, through a model. */
class SampledStreamsTest {
    private static final int SINKS = 4;
    private static final int WINDOW = 28;
    private static final int NEW_TOKENS = 16;
    private static final TinyModels.Shape SHAPE = TinyModels.Shape.llama().withLayers(2);

    /** The chi-square of 19 degrees of freedom that chance exceeds once in a thousand times. */
    private static final double LARGEST_OF_19 = 43.82;

    private static final Sampling DRAWN =
            new Sampling(Penalties.NONE, Bans.NONE, new Draw(0.9, 40, 0.95, 0, 1, 17), Stops.NONE);
    /** Writes letters only, each of which is a byte and a token. */
    private static final Sampling LETTERS = new Sampling(
            Penalties.NONE,
            new Bans(
                    0,
                    List.of(),
                    0,
                    IntStream.range(0, SHAPE.vocab())
                            .filter(token -> token < TinyTokenizer.BYTES + 'a' || token > TinyTokenizer.BYTES + 'z')
                            .boxed()
                            .collect(Collectors.toSet())),
            DRAWN.draw(),
            Stops.NONE);

    private static final Sampling EVERYTHING = new Sampling(
            new Penalties(Map.of(7, 1.0, 9, -1.0), 1.2, 0.1, 0.2),
            new Bans(3, List.of(List.of(5), List.of(8, 9)), 3, Set.of(11)),
            new Draw(1.1, 0, 0.9, 0.01, 1, 5),
            Stops.NONE);
    private static final Sampling UNLIKE_GREEDY =
            new Sampling(new Penalties(Map.of(), 5, 0, 0), new Bans(2, List.of(), 0, Set.of()), null, Stops.NONE);

    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() {
        TinyModels.of(SHAPE).tokenizer(TinyModels.Prefix.NONE).write(folder);
    }

    private static StreamModel open(int chunk, long cacheBytes) {
        return StreamModel.open(ModelOptions.of(folder)
                .withAttention(SINKS, WINDOW)
                .withCompute(TinyCompute.UNMEASURED)
                .withChunk(chunk, 64)
                .withCacheBytes(cacheBytes));
    }

    private static StreamUpdate.Continue update(StreamModel model, int key, Sampling sampling) {
        return update(model.start(), key, SHAPE.tokens(10 + key % 20, key), sampling);
    }

    private static StreamUpdate.Continue update(StreamState state, int key, int[] prompt, Sampling sampling) {
        return StreamUpdate.generate(new StreamName("test", "" + key), state, prompt, NEW_TOKENS, true)
                .sampled(sampling, "key-" + key);
    }

    private static List<int[]> tokens(StreamModel model, List<StreamUpdate> updates) {
        return model.advance(updates).stream()
                .map(result -> result.advanced().continuation().tokens())
                .toList();
    }

    @Test
    void aContinuationIsTheSameAloneAndAmongAHundredOthers() {
        for (Sampling sampling : List.of(DRAWN, EVERYTHING)) {
            List<int[]> alone;
            try (StreamModel model = open(64, 1 << 28)) {
                alone = IntStream.range(0, 100)
                        .mapToObj(key -> tokens(model, List.of(update(model, key, sampling)))
                                .get(0))
                        .toList();
            }
            // In pieces of seven, and with room for few caches.
            try (StreamModel model = open(7, 300_000)) {
                List<int[]> together = tokens(
                        model,
                        IntStream.range(0, 100)
                                .mapToObj(key -> (StreamUpdate) update(model, key, sampling))
                                .toList());
                for (int key = 0; key < 100; key++) {
                    assertThat(together.get(key)).as("%s, %d", sampling, key).isEqualTo(alone.get(key));
                }
            }
            assertThat(alone.stream().map(Arrays::toString).distinct()).hasSize(100);
        }
    }

    @Test
    void aContinuationIsTheSameAfterItsCacheIsGone() {
        try (StreamModel model = open(64, 1 << 28)) {
            for (Sampling sampling : List.of(DRAWN, EVERYTHING)) {
                StreamResult.Advanced first = model.advance(update(model, 3, sampling));
                StreamUpdate next = update(first.state(), 3, SHAPE.tokens(5, 99), sampling);
                int[] kept = model.advance(next).continuation().tokens();
                model.forget(new StreamName("test", "3"));

                long rebuilt = model.usage().rebuiltTokens();
                assertThat(model.advance(next).continuation().tokens()).isEqualTo(kept);
                assertThat(model.usage().rebuiltTokens()).isGreaterThan(rebuilt);
            }
        }
    }

    /** Two calls are one: what is drawn at a position depends on nothing else. */
    @Test
    void aContinuationInTwoCallsIsOne() {
        try (StreamModel model = open(64, 1 << 28)) {
            int[] whole = model.advance(update(model, 3, DRAWN)).continuation().tokens();
            StreamUpdate.Continue first = StreamUpdate.generate(null, model.start(), SHAPE.tokens(13, 3), 15, true)
                    .sampled(DRAWN, "key-3");
            StreamResult.Advanced begun = model.advance(first);
            StreamResult.Advanced rest =
                    model.advance(StreamUpdate.generate(null, begun.state(), new int[0], NEW_TOKENS - 15, true)
                            .sampled(DRAWN, "key-3"));

            assertThat(IntStream.concat(
                            Arrays.stream(begun.continuation().tokens()),
                            Arrays.stream(rest.continuation().tokens())))
                    .containsExactly(Arrays.stream(whole).boxed().toArray(Integer[]::new));
        }
    }

    @Test
    void theNumbersAreTheModelsWhateverChoseTheTokens() {
        PlainDecoder reference = PlainDecoder.load(folder);
        try (StreamModel model = open(64, 1 << 28)) {
            for (Sampling sampling : List.of(DRAWN, EVERYTHING, UNLIKE_GREEDY)) {
                int[] prompt = SHAPE.tokens(13, 3);
                Continuation more = model.advance(update(model, 3, sampling)).continuation();
                int[] all = IntStream.concat(Arrays.stream(prompt), Arrays.stream(more.tokens()))
                        .toArray();
                double wanted = Arrays.stream(reference.nll(all, SINKS, WINDOW))
                        .skip(prompt.length - 1)
                        .sum();
                assertThat(more.nll()).isCloseTo(wanted, within(NllAssert.SAME * NEW_TOKENS));
                assertThat(more.tokens()).isNotEqualTo(reference.greedy(prompt, NEW_TOKENS, SINKS, WINDOW));
            }
        }
    }

    /** 2,000 streams with one prompt, against the probabilities that scoring gives each token. */
    @Test
    void tokensComeAsOftenAsTheModelSays() {
        int[] prompt = SHAPE.tokens(12, 1);
        Sampling sampling = new Sampling(Penalties.NONE, Bans.NONE, new Draw(1.5, 20, 1, 0, 1, 3), Stops.NONE);
        try (StreamModel model = open(64, 1 << 28)) {
            int size = model.description().vocabularySize();
            StreamState state = model.advance(StreamUpdate.score(null, model.start(), prompt))
                    .state();
            double[] hot = new double[size];
            List<StreamUpdate> each = IntStream.range(0, size)
                    .mapToObj(token -> StreamUpdate.score(null, state, new int[] {token}))
                    .toList();
            List<StreamResult> scored = model.advance(each);
            for (int token = 0; token < size; token++) {
                hot[token] = Math.exp(-scored.get(token).advanced().nll()[0] / 1.5);
            }
            double least =
                    Arrays.stream(hot).sorted().skip(size - 20).findFirst().orElseThrow();
            double sum = Arrays.stream(hot).filter(p -> p >= least).sum();
            List<StreamUpdate> updates = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                updates.add(
                        StreamUpdate.generate(null, state, new int[0], 1, true).sampled(sampling, "stream-" + i));
            }
            int[] counts = new int[size];
            tokens(model, updates).forEach(drawn -> counts[drawn[0]]++);

            double chiSquare = 0;
            for (int token = 0; token < size; token++) {
                double expected = hot[token] >= least ? 2_000 * hot[token] / sum : 0;
                if (expected == 0) {
                    assertThat(counts[token]).isZero();
                } else {
                    chiSquare += (counts[token] - expected) * (counts[token] - expected) / expected;
                }
            }
            assertThat(chiSquare).isLessThan(LARGEST_OF_19);
        }
    }

    @Test
    void aStopTextEndsAContinuationWhereverItsTokensAre() {
        try (StreamModel model = open(64, 1 << 28)) {
            TextTokenizer tokenizer = model.tokenizer().orElseThrow();
            StreamUpdate.Continue plain = update(model.start(), 3, tokenizer.encode("thirteen here"), LETTERS);
            int[] whole = model.advance(plain).continuation().tokens();
            String text = tokenizer.decode(Arrays.copyOfRange(whole, 9, 12));
            Sampling stopped = LETTERS.withStops(new Stops(List.of(text), Set.of()));

            StreamResult.Advanced result = model.advance(plain.sampled(stopped, "key-3"));

            Continuation more = result.continuation();
            assertThat(more.finish()).isEqualTo(FinishReason.STOP);
            assertThat(more.tokens()).isEqualTo(Arrays.copyOf(whole, more.tokens().length));
            assertThat(more.tokens().length).isLessThanOrEqualTo(12);
            assertThat(more.text()).doesNotContain(text);
            assertThat(result.state().position()).isEqualTo(13 + more.tokens().length);
            assertThat(more.text() + text).isEqualTo(tokenizer.decode(more.tokens()));
        }
    }

    @Test
    void aStopTextMayBeginInTheRowBefore() {
        try (StreamModel model = open(64, 1 << 28)) {
            TextTokenizer tokenizer = model.tokenizer().orElseThrow();
            int[] prompt = tokenizer.encode("and");
            Sampling ends = Sampling.GREEDY.withStops(new Stops(List.of("dST"), Set.of()));
            // Bytes that the model is made to write.
            int[] wanted = tokenizer.encode("ST");
            StreamState begun = model.advance(StreamUpdate.score(null, model.start(), prompt))
                    .state()
                    .append(new int[] {wanted[0]});
            Sampling biased =
                    new Sampling(new Penalties(Map.of(wanted[1], 100.0), 1, 0, 0), Bans.NONE, null, ends.stops());

            Continuation more = model.advance(StreamUpdate.generate(null, begun, new int[0], 9, true)
                            .sampled(biased, "key"))
                    .continuation();
            assertThat(more.finish()).isEqualTo(FinishReason.STOP);
            assertThat(more.tokens()).containsExactly(wanted[1]);
            assertThat(more.text()).isEmpty();
        }
    }

    @Test
    void aStopTokenEndsAContinuationAndStaysInTheStream() {
        try (StreamModel model = open(64, 1 << 28)) {
            TextTokenizer tokenizer = model.tokenizer().orElseThrow();
            StreamUpdate.Continue plain = update(model.start(), 3, tokenizer.encode("thirteen here"), LETTERS);
            int[] whole = model.advance(plain).continuation().tokens();
            Sampling stopped = LETTERS.withStops(new Stops(List.of(), Set.of(whole[6])));
            int at = IntStream.range(0, 7)
                    .filter(i -> whole[i] == whole[6])
                    .findFirst()
                    .orElseThrow();

            StreamResult.Advanced result = model.advance(plain.sampled(stopped, "key-3"));

            assertThat(result.continuation().finish()).isEqualTo(FinishReason.STOP);
            assertThat(result.continuation().tokens()).isEqualTo(Arrays.copyOf(whole, at + 1));
            assertThat(result.state().position()).isEqualTo(13 + at + 1);
            assertThat(result.continuation().text()).isEqualTo(tokenizer.decode(Arrays.copyOf(whole, at)));
        }
    }

    @Test
    void tokensAreHeardOfAsTheyCome() {
        try (StreamModel model = open(64, 1 << 28)) {
            List<Integer> heard = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            double[] sum = new double[1];
            TokenListener listener = new TokenListener() {
                @Override
                public void drawn(int token, double nll, String piece) {
                    heard.add(token);
                    text.append(piece);
                    sum[0] += nll;
                }

                @Override
                public void ended(String rest) {
                    text.append(rest);
                }
            };
            Continuation more =
                    model.advance(update(model, 3, DRAWN).told(listener)).continuation();

            assertThat(heard)
                    .containsExactly(Arrays.stream(more.tokens()).boxed().toArray(Integer[]::new));
            assertThat(text.toString()).isEqualTo(more.text());
            assertThat(sum[0]).isEqualTo(more.nll());
        }
    }

    @Test
    void aContinuationEndsWhenItsListenerHasEnoughAndGoesOnFromThere() {
        try (StreamModel model = open(64, 1 << 28)) {
            for (Sampling sampling : List.of(Sampling.GREEDY, DRAWN)) {
                int[] whole = tokens(model, List.of(update(model, 5, sampling))).get(0);
                model.forget(new StreamName("test", "5"));
                Enough listener = new Enough(6);
                StreamResult.Advanced first =
                        model.advance(update(model, 5, sampling).told(listener));

                assertThat(first.continuation().finish()).isEqualTo(FinishReason.STOP);
                assertThat(first.continuation().tokens())
                        .hasSize(6)
                        .isEqualTo(Arrays.copyOf(whole, 6))
                        .hasSize(listener.heard);
                StreamResult.Advanced rest = model.advance(update(first.state(), 5, new int[0], sampling));
                assertThat(rest.rebuiltTokens()).isZero();
                assertThat(Arrays.copyOf(rest.continuation().tokens(), NEW_TOKENS - 6))
                        .isEqualTo(Arrays.copyOfRange(whole, 6, NEW_TOKENS));
                model.forget(new StreamName("test", "5"));
            }
        }
    }

    /** Has enough after some tokens. */
    private static final class Enough implements TokenListener {
        private final int most;
        private int heard;

        Enough(int most) {
            this.most = most;
        }

        @Override
        public void drawn(int token, double nll, String text) {
            heard++;
        }

        @Override
        public boolean isEnough() {
            return heard == most;
        }

        @Override
        public void ended(String text) {
            // Only tokens count.
        }
    }

    @Test
    void aListenerThatThrowsFailsItsOwnUpdateAlone() {
        try (StreamModel model = open(64, 1 << 28)) {
            TokenListener broken = new TokenListener() {
                @Override
                public void drawn(int token, double nll, String text) {
                    throw new EngineException("no room");
                }

                @Override
                public void ended(String text) {}
            };
            var futures = model.submit(List.of(update(model, 1, DRAWN).told(broken), update(model, 2, DRAWN)));

            assertThat(futures.get(0)).failsWithin(Duration.ofMinutes(1));
            assertThat(Outcomes.await(futures.get(1)).advanced().continuation().tokens())
                    .hasSize(NEW_TOKENS);
        }
    }

    @Test
    void tokensThatTheModelHasNotAreRefused() {
        try (StreamModel model = open(64, 1 << 28)) {
            Sampling beyond = new Sampling(new Penalties(Map.of(1_000_000, 1.0), 1, 0, 0), Bans.NONE, null, Stops.NONE);

            assertThat(model.advance(List.<StreamUpdate>of(update(model, 1, beyond)))
                            .get(0))
                    .isInstanceOfSatisfying(StreamResult.Refused.class, refused -> assertThat(refused.problem())
                            .startsWith("token 1000000 of the sampling options is outside the vocabulary"));
        }
    }

    /** A part of the history is no ground to choose on. */
    @Test
    void aStateWithoutItsWindowIsAskedForIt() {
        try (StreamModel model = open(64, 1 << 28)) {
            StreamResult.Advanced first = model.advance(update(model, 3, EVERYTHING));
            StreamState state = first.state();
            StreamState part = model.resume(state.sinks(), state.position(), state.hash(), state.last(2), false);
            int[] prompt = SHAPE.tokens(5, 99);

            assertThat(model.advance(List.<StreamUpdate>of(update(part, 3, prompt, EVERYTHING)))
                            .get(0))
                    .isInstanceOf(StreamResult.HistoryNeeded.class);
            assertThat(model.advance(update(part, 3, prompt, DRAWN))
                            .continuation()
                            .tokens())
                    .isEqualTo(model.advance(update(state, 3, prompt, DRAWN))
                            .continuation()
                            .tokens());
        }
    }
}
