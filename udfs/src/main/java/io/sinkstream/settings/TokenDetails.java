package io.sinkstream.settings;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What is wanted of each scored token beside its NLL. A pass looks at its logits once more for it; without any it is the pass
 * that it was.
 *
 * <p>A token's details are so many numbers in a row: its rank and the prediction's entropy, if they are wanted, then the
 * likeliest tokens, then their log-probabilities.
 *
 * @param rank whether its rank among all tokens, from 1: how many have a higher logit, and one; equal ones share the best rank
 * @param entropy whether the entropy of the prediction, nats
 * @param likeliest how many of the likeliest tokens; 0 for none
 */
public record TokenDetails(boolean rank, boolean entropy, int likeliest) implements Serializable {
    /** Nothing. */
    public static final TokenDetails NONE = new TokenDetails(false, false, 0);

    /** Checks the count. */
    public TokenDetails {
        if (likeliest < 0) {
            throw new IllegalArgumentException(likeliest + " likeliest tokens");
        }
    }

    /** Whether nothing is wanted. */
    public boolean isNone() {
        return numbers() == 0;
    }

    /** How many numbers each token has. */
    public int numbers() {
        return rankNumbers() + entropyNumbers() + 2 * likeliest;
    }

    private int rankNumbers() {
        return rank ? 1 : 0;
    }

    private int entropyNumbers() {
        return entropy ? 1 : 0;
    }

    private int first() {
        return rankNumbers() + entropyNumbers();
    }

    /** The details of so many tokens that nothing is known of: NaN. */
    public double[] unknown(int tokens) {
        double[] all = new double[tokens * numbers()];
        Arrays.fill(all, Double.NaN);
        return all;
    }

    /** What serves both. */
    public TokenDetails and(TokenDetails other) {
        return new TokenDetails(rank || other.rank, entropy || other.entropy, Math.max(likeliest, other.likeliest));
    }

    /** Takes these of a token from others, among which they are: {@code from[i]} on to {@code to[j]} on. */
    public void take(TokenDetails others, double[] from, int i, double[] to, int j) {
        if (rank) {
            to[j] = from[i];
        }
        if (entropy) {
            to[j + rankNumbers()] = from[i + others.rankNumbers()];
        }
        System.arraycopy(from, i + others.first(), to, j + first(), likeliest);
        System.arraycopy(from, i + others.first() + others.likeliest, to, j + first() + likeliest, likeliest);
    }

    /** A token's rank, of the {@code details} of some tokens. */
    public int rank(double[] details, int token) {
        return (int) details[token * numbers()];
    }

    /** The entropy of its prediction, nats. */
    public double entropy(double[] details, int token) {
        return details[token * numbers() + rankNumbers()];
    }

    /** The {@code place}th of the likeliest tokens, from 0. */
    public int likeliestToken(double[] details, int token, int place) {
        return (int) details[token * numbers() + first() + place];
    }

    /** Its log-probability, nats. */
    public double likeliestLogprob(double[] details, int token, int place) {
        return details[token * numbers() + first() + likeliest + place];
    }
}
