package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Draw;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Continuations whose tokens are looked up in their stream are what they are without. */
class LookupTest {
    private static final int SINKS = 4;
    private static final int WINDOW = 28;
    private static final int NEW_TOKENS = 60;
    private static final TinyModels.Shape SHAPE = TinyModels.Shape.llama().withLayers(2);
    private static final String LETTERS = "abc";

    /** Writes few letters, so that every pair of them has been there: much is proposed, and some of it comes. */
    private static final Sampling FEW_LETTERS = new Sampling(
            Penalties.NONE,
            without(LETTERS.chars().boxed().collect(Collectors.toSet())),
            new Draw(1, 0, 1, 0, 1, 17),
            Stops.NONE);

    /** Choices depend on all tokens before, those just proposed too. */
    private static final Sampling LOOKS_BACK = new Sampling(
            new Penalties(Map.of(TinyTokenizer.BYTES + 'a', 1.0), 1.2, 0.3, 0.2),
            new Bans(
                    5,
                    List.of(List.of(TinyTokenizer.BYTES + 'a', TinyTokenizer.BYTES + 'b')),
                    3,
                    FEW_LETTERS.bans().suppressed()),
            new Draw(1.1, 0, 0.95, 0.01, 1, 5),
            Stops.NONE);

    private static final Sampling LIKELIEST_LETTERS =
            new Sampling(Penalties.NONE, FEW_LETTERS.bans(), null, Stops.NONE);

    @TempDir
    private static Path folder;

    private static StreamModel model;

    private static Bans without(Set<Integer> letters) {
        return new Bans(
                0,
                List.of(),
                0,
                IntStream.range(0, SHAPE.vocab())
                        .filter(token -> !letters.contains(token - TinyTokenizer.BYTES))
                        .boxed()
                        .collect(Collectors.toSet()));
    }

    @BeforeAll
    static void open() {
        TinyModels.of(SHAPE).tokenizer(TinyModels.Prefix.NONE).write(folder);
        model = open(64, 1 << 28);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static StreamModel open(int chunk, long cacheBytes) {
        return StreamModel.open(ModelOptions.of(folder)
                .withAttention(SINKS, WINDOW)
                .withCompute(TinyCompute.UNMEASURED)
                .withChunk(chunk, 64)
                .withCacheBytes(cacheBytes));
    }

    private static int[] prompt(int key) {
        TextTokenizer tokenizer = model.tokenizer().orElseThrow();
        return tokenizer.encode("abacabcabbaccabcab".substring(0, 1 + key % 18) + "cab".repeat(key % 9));
    }

    private static StreamUpdate.Continue update(int key, Sampling sampling) {
        return update(key, sampling, NEW_TOKENS);
    }

    private static StreamUpdate.Continue update(int key, Sampling sampling, int newTokens) {
        return StreamUpdate.generate(new StreamName("test", "" + key), model.start(), prompt(key), newTokens, true)
                .sampled(sampling, "key-" + key);
    }

    private static void assertSame(StreamResult.Advanced with, StreamResult.Advanced without) {
        assertThat(with.continuation().tokens())
                .isEqualTo(without.continuation().tokens());
        assertThat(with.continuation().nll())
                .isCloseTo(without.continuation().nll(), within(NllAssert.SAME * NEW_TOKENS));
        assertThat(with.continuation().finish())
                .isEqualTo(without.continuation().finish());
        assertThat(with.continuation().text()).isEqualTo(without.continuation().text());
        assertThat(with.state().position()).isEqualTo(without.state().position());
        assertThat(with.state().hash()).isEqualTo(without.state().hash());
        assertThat(with.state().history()).isEqualTo(without.state().history());
    }

    /** Also what comes next on its cache, whose epoch is the state's. */
    @ParameterizedTest
    @ValueSource(ints = {1, 8, 40})
    void aContinuationIsTheSameWithAndWithout(int most) {
        long proposed = 0;
        long accepted = 0;
        for (Sampling sampling : List.of(Sampling.GREEDY, LIKELIEST_LETTERS, FEW_LETTERS, LOOKS_BACK)) {
            for (int key = 0; key < 6; key++) {
                StreamResult.Advanced without = model.advance(update(key, sampling));
                StreamResult.Advanced with = model.advance(update(key, sampling).lookingUp(most));
                assertSame(with, without);
                assertThat(without.continuation().lookup()).isEqualTo(LookupCounts.NONE);
                proposed += with.continuation().lookup().proposed();
                accepted += with.continuation().lookup().accepted();

                StreamUpdate next = StreamUpdate.score(new StreamName("test", "" + key), with.state(), prompt(17));
                StreamResult.Advanced after = model.advance(next);
                assertThat(after.rebuiltTokens()).isZero();
                model.forget(new StreamName("test", "" + key));
                assertThat(after.nll()).containsExactly(model.advance(next).nll(), within(NllAssert.SAME));
            }
        }
        assertThat(accepted).isBetween(100L, proposed - 50);
    }

    @Test
    void aContinuationIsTheSameAloneAndAmongAHundredOthers() {
        for (Sampling sampling : List.of(LIKELIEST_LETTERS, LOOKS_BACK)) {
            List<StreamResult.Advanced> alone = IntStream.range(0, 100)
                    .mapToObj(key -> model.advance(update(key, sampling, 20)))
                    .toList();
            // In pieces of seven, and with room for few caches.
            try (StreamModel small = open(7, 300_000)) {
                List<StreamResult> together = small.advance(IntStream.range(0, 100)
                        .mapToObj(key -> update(key, sampling, 20).lookingUp(8))
                        .toList());
                for (int key = 0; key < 100; key++) {
                    assertSame(together.get(key).advanced(), alone.get(key));
                }
            }
        }
    }

    @Test
    void passesAreFewerWhereAStreamRepeatsItself() {
        // A bias that makes it write one letter for ever.
        Sampling again = new Sampling(
                new Penalties(Map.of(TinyTokenizer.BYTES + 'a', 100.0), 1, 0, 0), Bans.NONE, null, Stops.NONE);
        long before = model.usage().passes();
        LookupCounts counts =
                model.advance(update(3, again).lookingUp(8)).continuation().lookup();
        assertThat(model.usage().passes() - before).isLessThan(NEW_TOKENS / 3);
        assertThat(counts.accepted()).isGreaterThan(NEW_TOKENS / 2);
    }

    @Test
    void whatEndsAContinuationEndsItAmongAcceptedTokens() {
        TextTokenizer tokenizer = model.tokenizer().orElseThrow();
        int accepted = 0;
        for (int key = 0; key < 4; key++) {
            int[] whole = model.advance(update(key, FEW_LETTERS)).continuation().tokens();
            for (int from = 3; from < 40; from += 9) {
                String text = tokenizer.decode(Arrays.copyOfRange(whole, from, from + 5));
                for (Stops stops :
                        List.of(new Stops(List.of(text), Set.of()), new Stops(List.of(), Set.of(whole[from])))) {
                    StreamUpdate.Continue stopped = update(key, FEW_LETTERS.withStops(stops));
                    StreamResult.Advanced with = model.advance(stopped.lookingUp(8));
                    assertSame(with, model.advance(stopped));
                    assertThat(with.continuation().finish()).isEqualTo(FinishReason.STOP);
                    accepted += (int) with.continuation().lookup().accepted();
                }
            }
        }
        assertThat(accepted).isPositive();
    }

    @Test
    void theEndOfSequenceEndsAContinuationAmongAcceptedTokens(@TempDir Path other) throws IOException {
        // A letter ends it, which stands in prompts and so is proposed as any other is.
        Path config = TinyModels.of(SHAPE)
                .tokenizer(TinyModels.Prefix.NONE)
                .write(other)
                .resolve("config.json");
        String wanted = "\"eos_token_id\": " + (TinyTokenizer.BYTES + 'c');
        Files.writeString(config, Files.readString(config).replaceFirst("\"eos_token_id\": *\\d+", wanted));
        try (StreamModel ending = StreamModel.open(
                ModelOptions.of(other).withAttention(SINKS, WINDOW).withCompute(TinyCompute.UNMEASURED))) {
            int ends = 0;
            for (int key = 0; key < 40; key++) {
                StreamUpdate.Continue update = StreamUpdate.generate(
                                null, ending.start(), prompt(key), NEW_TOKENS, false)
                        .sampled(LOOKS_BACK, "key-" + key);
                StreamResult.Advanced with = ending.advance(update.lookingUp(8));
                assertSame(with, ending.advance(update));
                ends += with.continuation().finish() == FinishReason.EOS ? 1 : 0;
            }
            assertThat(ends).isGreaterThan(20);
        }
    }

    @Test
    void eachTokenIsHeardOfOnce() {
        List<Integer> heard = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        TokenListener listener = new TokenListener() {
            @Override
            public void drawn(int token, double nll, String piece) {
                heard.add(token);
                text.append(piece);
            }

            @Override
            public void ended(String rest) {
                text.append(rest);
            }
        };
        Continuation more = model.advance(
                        update(3, LIKELIEST_LETTERS).told(listener).lookingUp(8))
                .continuation();
        assertThat(more.lookup().accepted()).isPositive();
        assertThat(heard).containsExactly(Arrays.stream(more.tokens()).boxed().toArray(Integer[]::new));
        assertThat(text.toString()).isEqualTo(more.text());
    }

    @Test
    void aListenerThatThrowsAmongAcceptedTokensFailsItsOwnUpdateAlone() {
        TokenListener broken = new TokenListener() {
            private int heard;

            @Override
            public void drawn(int token, double nll, String text) {
                if (++heard == 30) {
                    throw new IllegalStateException("no room");
                }
            }

            @Override
            public void ended(String text) {}
        };
        var futures = model.submit(List.of(
                update(1, LIKELIEST_LETTERS).told(broken).lookingUp(8),
                update(2, LIKELIEST_LETTERS).lookingUp(8)));

        assertThat(futures.get(0)).failsWithin(Duration.ofMinutes(1));
        assertThat(Outcomes.await(futures.get(1)).advanced().continuation().tokens())
                .hasSize(NEW_TOKENS);
    }
}
