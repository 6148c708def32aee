package io.sinkstream.sampling;

import java.io.Serializable;

/**
 * How a token is drawn by chance. Names, meaning and order are those of transformers.
 *
 * @param temperature what logits are divided by, above 0
 * @param topK how many of the likeliest tokens can come, and those as likely as the last of them; 0 for all
 * @param topP the likeliest tokens can come, up to this share of the probability, above 0; 1 for all
 * @param minP what a token's probability must be of the likeliest one's; 0 for anything
 * @param typicalP the tokens can come whose surprise is nearest to the expected one, up to this share of the probability,
 *     above 0; 1 for all
 * @param seed what all chance begins with
 */
public record Draw(double temperature, int topK, double topP, double minP, double typicalP, long seed)
        implements Serializable {
    /** Checks the ranges. */
    public Draw {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)
                || topK < 0
                || !(topP > 0 && topP <= 1)
                || !(minP >= 0 && minP <= 1)
                || !(typicalP > 0 && typicalP <= 1)) {
            throw new IllegalArgumentException("out of range: temperature " + temperature + ", top-k " + topK
                    + ", top-p " + topP + ", min-p " + minP + ", typical-p " + typicalP);
        }
    }
}
