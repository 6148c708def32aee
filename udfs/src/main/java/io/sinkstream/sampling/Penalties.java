package io.sinkstream.sampling;

import java.io.Serializable;
import java.util.Map;

/**
 * What makes tokens less likely, or more. A bias comes first, then the others, for each token that the cache holds: sinks and
 * window, prompts and continuations.
 *
 * @param biases OpenAI's {@code logit_bias}: what is added to a token's logit, nats
 * @param repetition transformers' {@code repetition_penalty}, above 0: positive logits are divided by it, others multiplied
 * @param frequency OpenAI's {@code frequency_penalty}: taken off for each time that the token is there, nats
 * @param presence OpenAI's {@code presence_penalty}: taken off once if it is there, nats
 */
public record Penalties(Map<Integer, Double> biases, double repetition, double frequency, double presence)
        implements Serializable {
    /** Changes nothing. */
    public static final Penalties NONE = new Penalties(Map.of(), 1, 0, 0);

    /** Keeps a copy. */
    public Penalties {
        biases = Map.copyOf(biases);
    }

    boolean isNone() {
        return equals(NONE);
    }

    boolean lookBack() {
        return repetition != 1 || frequency != 0 || presence != 0;
    }
}
