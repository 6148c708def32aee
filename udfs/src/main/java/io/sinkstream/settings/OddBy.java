package io.sinkstream.settings;

/** By which of a row's numbers it is odd. */
public enum OddBy {
    /** The mean NLL of its tokens, and a quarter of the largest. */
    COMBINED(TokenDetails.NONE),
    /** The mean NLL of its tokens. */
    MEAN(TokenDetails.NONE),
    /** The largest NLL of its tokens. */
    LARGEST(TokenDetails.NONE),
    /** The mean NLL of its tokens, over that of its stream so far. */
    LEVEL(TokenDetails.NONE),
    /** The NLL of its first three tokens. */
    BEGINNING(TokenDetails.NONE),
    /** The share of its tokens that were not among the nine likeliest. */
    RANK(new TokenDetails(true, false, 0)),
    /** The mean of its tokens' NLL over the entropy of their predictions. */
    ENTROPY(new TokenDetails(false, true, 0));

    private final TokenDetails details;

    OddBy(TokenDetails details) {
        this.details = details;
    }

    /** What it takes of each token beside its NLL. */
    public TokenDetails details() {
        return details;
    }
}
