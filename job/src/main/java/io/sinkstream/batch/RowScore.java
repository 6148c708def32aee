package io.sinkstream.batch;

import org.apache.spark.sql.Row;

/**
 * The numbers of one row, as its result columns say them.
 *
 * @param tokens all of the row's
 * @param predicted how many of them were predicted
 * @param nll their sum, nats
 * @param bytes of text and separator in UTF-8; 0 for token ids
 * @param streamTokens the stream's position after the row
 * @param streamPerplexity over all that was predicted so far; null if nothing was
 * @param tokenNll of each token, NaN for a stream's very first; null if that is not wanted
 */
public record RowScore(
        int tokens,
        int predicted,
        double nll,
        long bytes,
        long streamTokens,
        Double streamPerplexity,
        double[] tokenNll) {

    /**
     * A row's numbers from those of its tokens, NaN for the one that nothing predicts.
     *
     * @param predictedBefore the stream's predicted tokens before the row, whose NLL is {@code nllBefore}
     * @param keepEach whether every token's number is wanted
     */
    public static RowScore of(
            double[] tokenNll,
            long bytes,
            long streamTokens,
            long predictedBefore,
            double nllBefore,
            boolean keepEach) {
        double nll = 0;
        int predicted = 0;
        for (double each : tokenNll) {
            if (!Double.isNaN(each)) {
                nll += each;
                predicted++;
            }
        }
        return new RowScore(
                tokenNll.length,
                predicted,
                nll,
                bytes,
                streamTokens,
                perplexity(nllBefore + nll, predictedBefore + predicted),
                keepEach ? tokenNll : null);
    }

    /** Over the row's predicted tokens; null if there are none. */
    public Double perplexity() {
        return perplexity(nll, predicted);
    }

    static Double perplexity(double nll, long predicted) {
        return predicted == 0 ? null : (Double) Math.exp(nll / predicted);
    }

    /**
     * The input's columns and the results' behind them, with room for more.
     *
     * @param score null for a row with an error
     */
    public static Object[] values(
            Row input, int columns, RowScore score, String error, ScoringOptions options, int more) {
        Object[] values = new Object[columns + ResultColumns.count(options) + more];
        for (int i = 0; i < columns; i++) {
            values[i] = input.get(i);
        }
        int i = columns;
        if (score != null) {
            Double nll = score.predicted > 0 ? (Double) score.nll : null;
            values[i] = score.tokens;
            values[i + 1] = nll;
            values[i + 2] = score.perplexity();
            values[i + 3] = nll != null && score.bytes > 0 ? (Double) (nll / Math.log(2) / score.bytes) : null;
            values[i + 4] = score.streamTokens;
            values[i + 5] = score.streamPerplexity;
            if (options.tokenNll()) {
                values[i + 7] = nullable(score.tokenNll);
            }
        }
        values[i + 6] = error;
        return values;
    }

    /** NaN, where nothing predicted the token, becomes null. */
    private static Double[] nullable(double[] numbers) {
        Double[] result = new Double[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            result[i] = Double.isNaN(numbers[i]) ? null : (Double) numbers[i];
        }
        return result;
    }
}
