package io.sinkstream.sampling;

import java.io.Serializable;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How the tokens of a continuation are chosen, and what ends it.
 *
 * @param penalties what makes tokens less likely
 * @param bans which can't come
 * @param draw how one of the rest is drawn; null for the likeliest
 * @param stops what ends the continuation
 * @param contrast how the likeliest ones are told apart by what they lead to; null where they are not
 */
public record Sampling(Penalties penalties, Bans bans, Draw draw, Stops stops, Contrast contrast)
        implements Serializable {
    /** Always the likeliest token. */
    public static final Sampling GREEDY = new Sampling(Penalties.NONE, Bans.NONE, null, Stops.NONE);

    /** Checks that it goes one way. */
    public Sampling {
        if (draw != null && contrast != null) {
            throw new IllegalArgumentException("tokens that are drawn, and told apart by contrast");
        }
    }

    /** Without contrast. */
    public Sampling(Penalties penalties, Bans bans, Draw draw, Stops stops) {
        this(penalties, bans, draw, stops, null);
    }

    /** The same, ended by these. */
    public Sampling withStops(Stops others) {
        return new Sampling(penalties, bans, draw, others, contrast);
    }

    /** The same without these tokens. */
    public Sampling withBans(Bans others) {
        return new Sampling(penalties, others, draw, stops, contrast);
    }

    /** Whether the model's likeliest token is what it always chooses. */
    public boolean isGreedy() {
        return penalties.isNone() && bans.isNone() && draw == null && contrast == null;
    }

    /** Whether a choice depends on the tokens that the cache holds. */
    public boolean looksBack() {
        return penalties.lookBack() || bans.lookBack();
    }

    /** What is wrong with it for a model of so many tokens: one that it names and the model has not. */
    public Optional<String> problem(int vocabulary) {
        return Stream.of(penalties.biases().keySet().stream(), bans.tokens(), stops.tokens().stream())
                .flatMap(tokens -> tokens)
                .filter(token -> token < 0 || token >= vocabulary)
                .sorted()
                .findFirst()
                .map(token -> "token " + token + " of the sampling options is outside the vocabulary, 0 to "
                        + (vocabulary - 1));
    }
}
