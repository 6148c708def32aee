package io.sinkstream.decoder;

/**
 * Tokens at a chunk's end that somebody guessed. They run with the chunk, and whoever guessed them says what is true of them before
 * any of them is kept: of the others nothing is written. Asked on the decoder's thread, within a pass.
 */
public interface Proposal {
    /** How many of the chunk's last tokens are proposed; at least 1, and fewer than the chunk has. */
    int count();

    /**
     * Chooses what follows the first {@code after} proposed tokens, as if they were true, from 1 to {@link #count}; null for the
     * likeliest token. What follows the token before them is chosen by {@link Chunk#chooser}.
     */
    TokenChooser chooser(int after);

    /**
     * How many of the proposed tokens are true, the first ones; -1 if the token before them is not to be kept either, where it is the
     * chunk's only other one. Asked once, after which the pass can't be made again on these caches.
     *
     * @param next what follows the token before them, and then each of them; -1 if no token was left
     * @param nll of these under the model, nats
     */
    int accepted(int[] next, double[] nll);

    /** The stream's hash after the chunk with so many of them. */
    long hash(int accepted);
}
