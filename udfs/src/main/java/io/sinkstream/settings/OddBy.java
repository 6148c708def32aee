package io.sinkstream.settings;

/** By which of a row's numbers it is odd. */
public enum OddBy {
    /** The mean NLL of its tokens. */
    MEAN,
    /** The mean NLL of its tokens, and a quarter of the largest. */
    COMBINED,
    /** The largest NLL of its tokens. */
    LARGEST,
    /** The mean NLL of its tokens, over that of its stream so far. */
    LEVEL,
    /** The NLL of its first three tokens. */
    BEGINNING,
    /** The share of its tokens that were not among the nine likeliest. */
    RANK,
    /** The mean of its tokens' NLL over the entropy of their predictions. */
    ENTROPY;

    /** What it takes of each token beside its NLL. */
    public TokenDetails details() {
        return switch (this) {
            case RANK -> new TokenDetails(true, false, 0);
            case ENTROPY -> new TokenDetails(false, true, 0);
            default -> TokenDetails.NONE;
        };
    }
}
