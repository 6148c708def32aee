package io.sinkstream.sampling;

import java.io.Serializable;

/**
 * Contrastive search (Su et al. 2022, "A Contrastive Framework for Neural Text Generation"), with the names and meaning of Hugging
 * Face's GenerationConfig: of the likeliest tokens the one comes whose probability, less how near its hidden state is to one of a
 * token before, is highest. So what repeats itself is left out.
 *
 * @param alpha how much nearness counts beside probability, above 0, at most 1
 * @param topK how many tokens are tried, at least 2
 */
public record Contrast(double alpha, int topK) implements Serializable {
    /** Checks both. */
    public Contrast {
        if (!(alpha > 0 && alpha <= 1) || topK < 2) {
            throw new IllegalArgumentException("an alpha of " + alpha + " and " + topK + " tokens");
        }
    }

    /**
     * What the token with the highest is taken by.
     *
     * @param probability after all that is done to logits
     * @param nearest the largest cosine of its hidden state and that of a token that it sees
     */
    public double score(double probability, double nearest) {
        return (1 - alpha) * probability - alpha * nearest;
    }
}
