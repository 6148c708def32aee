package io.sinkstream.rows;

import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.LookupCounts;

/** What became of one row: its numbers by name. */
public sealed interface RowOutcome {
    /**
     * It was scored.
     *
     * @param tokens all of the row's
     * @param predicted how many of them were predicted
     * @param nll their sum, nats
     * @param bytes of text and separator in UTF-8; 0 for token ids
     * @param streamTokens the stream's position after the row
     * @param streamPerplexity over all that was predicted so far; null if nothing was
     * @param tokenNll of each token, NaN for a stream's very first
     * @param details what else was wanted of each token, as {@link io.sinkstream.settings.TokenDetails} lays it out
     */
    record Scored(
            int tokens,
            int predicted,
            double nll,
            long bytes,
            long streamTokens,
            Double streamPerplexity,
            double[] tokenNll,
            double[] details)
            implements RowOutcome {

        /** Over the row's predicted tokens; null if there are none. */
        public Double perplexity() {
            return StreamTotals.perplexity(nll, predicted);
        }

        /** The row's NLL; null if none of its tokens was predicted. */
        Double nllOrNull() {
            return predicted > 0 ? (Double) nll : null;
        }

        /** Over its text; null if nothing was predicted or there is no text. */
        Double bitsPerByte() {
            return predicted > 0 && bytes > 0 ? (Double) (nll / Math.log(2) / bytes) : null;
        }
    }

    /**
     * It was continued.
     *
     * @param tokens all that it added to its stream, prompt and continuation
     * @param text of the continuation; null without a tokenizer
     * @param continuation its tokens
     * @param finish why it ended
     * @param nll of the continuation, nats
     * @param streamTokens the stream's position after it
     * @param lookup what looking its tokens up came to
     */
    record Continued(
            int tokens,
            String text,
            int[] continuation,
            FinishReason finish,
            double nll,
            long streamTokens,
            LookupCounts lookup)
            implements RowOutcome {}

    /**
     * It changed no stream.
     *
     * @param problem what is wrong with it
     * @param message the same in words
     */
    record Bad(RowProblem problem, String message) implements RowOutcome {}
}
