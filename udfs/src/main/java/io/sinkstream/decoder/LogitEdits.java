package io.sinkstream.decoder;

/**
 * What is done to the logits of some tokens, in this order: the bias is added; what is then below 0 is multiplied by the
 * penalty, and all else divided by it; the loss is taken off, infinity to rule a token out. Each token is there once.
 *
 * @param tokens ids
 * @param biases nats
 * @param penalties above 0; 1 for none
 * @param losses nats
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them
public record LogitEdits(int[] tokens, float[] biases, float[] penalties, float[] losses) {
    /** Leaves all logits as they are. */
    public static final LogitEdits NONE = new LogitEdits(new int[0], new float[0], new float[0], new float[0]);

    /** Checks that each token has its numbers. */
    public LogitEdits {
        if (biases.length != tokens.length || penalties.length != tokens.length || losses.length != tokens.length) {
            throw new IllegalArgumentException(tokens.length + " tokens, " + biases.length + " biases, "
                    + penalties.length + " penalties, " + losses.length + " losses");
        }
    }
}
