package io.sinkstream.sampling;

import io.sinkstream.decoder.Candidates;
import io.sinkstream.decoder.LogitEdits;
import io.sinkstream.decoder.TokenChooser;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Chooses the tokens of one stream's continuation. Not safe for several threads. */
public final class TokenSampler {
    /** Tokens beyond the K-th that may be as likely. */
    private static final int EQUALS = 8;

    /** What a share of the probability is looked for in first. */
    private static final int FIRST_LOOK = 1024;

    private final Sampling sampling;
    private final Set<Integer> ends;
    private final long stream;
    private final SeenTokens seen;
    private int drawn;

    /**
     * A sampler that goes on from what a stream has.
     *
     * @param ends end-of-sequence tokens
     * @param stream tells streams apart, see {@link #stream}
     * @param sinks S
     * @param window R
     * @param first the stream's first min(S, position) tokens
     * @param position how many it has
     * @param last its last min(R, position) tokens; may be fewer if {@link Sampling#looksBack} says no
     */
    public TokenSampler(
            Sampling sampling,
            Set<Integer> ends,
            long stream,
            int sinks,
            int window,
            int[] first,
            long position,
            int[] last) {
        this.sampling = sampling;
        this.ends = ends;
        this.stream = stream;
        this.seen = new SeenTokens(sinks, window, first, position, last);
    }

    private TokenSampler(TokenSampler other) {
        this.sampling = other.sampling;
        this.ends = other.ends;
        this.stream = other.stream;
        this.seen = other.seen.copy();
        this.drawn = other.drawn;
    }

    /** Another one that has seen the same. */
    public TokenSampler copy() {
        return new TokenSampler(this);
    }

    /** What tells a stream of this key apart from others, the same in every process. */
    public static long stream(String key) {
        return Chance.stream(key);
    }

    /** Takes note of a token of the prompt. */
    public void given(int token) {
        seen.add(token);
    }

    /** Takes note of a token of the continuation. */
    public void drawn(int token) {
        seen.add(token);
        drawn++;
    }

    /** Chooses the next token. */
    public TokenChooser next() {
        LogitEdits edits = edits();
        long place = sampling.draw() == null ? 0 : Chance.at(sampling.draw().seed(), stream, seen.end());
        return new TokenChooser() {
            @Override
            public LogitEdits edits() {
                return edits;
            }

            @Override
            public double temperature() {
                return sampling.draw() == null ? 1 : sampling.draw().temperature();
            }

            @Override
            public int candidates() {
                return firstLook();
            }

            @Override
            public int choose(Candidates candidates) {
                return sampling.draw() == null ? likeliest(candidates) : drawn(candidates, place);
            }
        };
    }

    private int firstLook() {
        Draw draw = sampling.draw();
        if (draw == null) {
            return 1;
        }
        if (draw.topK() > 0) {
            return Math.min(draw.topK(), Integer.MAX_VALUE - EQUALS) + EQUALS;
        }
        return draw.topP() < 1 || draw.minP() > 0 ? FIRST_LOOK : Integer.MAX_VALUE;
    }

    private static int likeliest(Candidates candidates) {
        return candidates.logits()[0] == Double.NEGATIVE_INFINITY ? TokenChooser.NONE : 0;
    }

    private int drawn(Candidates candidates, long place) {
        if (Double.isNaN(candidates.logits()[0]) || Double.isNaN(candidates.logSumExp())) {
            // A model without numbers: its NLL tells.
            return 0;
        }
        Optional<Warpers.Kept> known = Warpers.keep(sampling.draw(), candidates);
        if (known.isEmpty()) {
            return TokenChooser.MORE;
        }
        Warpers.Kept kept = known.get();
        int best = TokenChooser.NONE;
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < kept.places().length; i++) {
            int token = candidates.tokens()[kept.places()[i]];
            double score = kept.scores()[i] + Chance.gumbel(place, token);
            if (score > highest) {
                highest = score;
                best = kept.places()[i];
            }
        }
        return best;
    }

    /** Each token once, in ascending order. */
    private LogitEdits edits() {
        Penalties penalties = sampling.penalties();
        if (penalties.isNone() && sampling.bans().isNone()) {
            return LogitEdits.NONE;
        }
        int[] held = penalties.lookBack() ? seen.all() : new int[0];
        Set<Integer> banned = BannedTokens.of(sampling.bans(), ends, seen.pieces(), drawn);
        int[] tokens = IntStream.concat(
                        Arrays.stream(held),
                        IntStream.concat(
                                penalties.biases().keySet().stream().mapToInt(Integer::intValue),
                                banned.stream().mapToInt(Integer::intValue)))
                .sorted()
                .distinct()
                .toArray();
        float[] biases = new float[tokens.length];
        float[] repetitions = new float[tokens.length];
        float[] losses = new float[tokens.length];
        int[] times = new int[tokens.length];
        Arrays.fill(repetitions, 1);
        penalties.biases().forEach((token, bias) -> biases[Arrays.binarySearch(tokens, token)] = bias.floatValue());
        for (int token : held) {
            int i = Arrays.binarySearch(tokens, token);
            times[i]++;
            repetitions[i] = (float) penalties.repetition();
            losses[i] = (float) (penalties.presence() + times[i] * penalties.frequency());
        }
        banned.forEach(token -> losses[Arrays.binarySearch(tokens, token)] = Float.POSITIVE_INFINITY);
        return new LogitEdits(tokens, biases, repetitions, losses);
    }
}
