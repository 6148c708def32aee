package io.sinkstream.decoder;

import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.settings.TokenDetails;

/**
 * The tokens of one stream that one pass takes.
 *
 * @param cache the stream's, which holds what was run before them; advanced by the pass if it succeeds
 * @param tokens what to run, at least one
 * @param targets for each token the one that follows it, to be scored, or -1; as long as {@code tokens}
 * @param next whether to predict what follows the last token
 * @param hash the stream's hash after these tokens, if none is proposed
 * @param chooser chooses what follows the last token that is not proposed; null for the likeliest
 * @param details what is wanted of targets beside their NLLs
 * @param proposal of the last tokens, whose successors are wanted too; null for none
 * @param hidden whether the last hidden state of each token is wanted
 */
public record Chunk(
        KeyValueCache cache,
        int[] tokens,
        int[] targets,
        boolean next,
        long hash,
        TokenChooser chooser,
        TokenDetails details,
        Proposal proposal,
        boolean hidden) {
    /** A chunk of which no hidden state is wanted. */
    public Chunk(
            KeyValueCache cache,
            int[] tokens,
            int[] targets,
            boolean next,
            long hash,
            TokenChooser chooser,
            TokenDetails details,
            Proposal proposal) {
        this(cache, tokens, targets, next, hash, chooser, details, proposal, false);
    }

    /** A chunk that is followed by the likeliest token, if by any. */
    public Chunk(KeyValueCache cache, int[] tokens, int[] targets, boolean next, long hash) {
        this(cache, tokens, targets, next, hash, null, TokenDetails.NONE, null);
    }

    /** The stream's hash after it with so many of its proposed tokens. */
    public long hash(int accepted) {
        return proposal == null ? hash : proposal.hash(accepted);
    }

    /** How many of its tokens are kept with so many of those that are proposed. */
    int kept(int accepted) {
        return tokens.length - proposed() + accepted;
    }

    /** How many of its tokens are proposed. */
    int proposed() {
        return proposal == null ? 0 : proposal.count();
    }

    /** After how many of its last rows the next token is wanted. */
    int predicted() {
        return next ? 1 + proposed() : 0;
    }

    /** Who chooses what follows the first {@code after} proposed tokens; null for the likeliest. */
    TokenChooser chooser(int after) {
        return after == 0 ? chooser : proposal.chooser(after);
    }
}
