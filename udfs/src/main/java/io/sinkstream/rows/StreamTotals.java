package io.sinkstream.rows;

/**
 * What a stream's rows come to so far.
 *
 * @param predicted how many of its tokens were predicted
 * @param nll their summed NLL, nats
 * @param lastOrder the highest order of its rows, see {@link Order#sortable}; null if they have none
 * @param lastSeen when its last good row happened, see {@link RowFields#time}
 */
public record StreamTotals(long predicted, double nll, byte[] lastOrder, long lastSeen) {
    /** Of a stream without rows. */
    static final StreamTotals NONE = new StreamTotals(0, 0, null, 0);

    /** With one more row. */
    StreamTotals with(long morePredicted, double moreNll, long time) {
        return new StreamTotals(predicted + morePredicted, nll + moreNll, lastOrder, Math.max(lastSeen, time));
    }

    /** With this for the highest order. */
    public StreamTotals withLastOrder(byte[] order) {
        return new StreamTotals(predicted, nll, order, lastSeen);
    }

    /** Over all that was predicted; null if nothing was. */
    public Double perplexity() {
        return perplexity(nll, predicted);
    }

    static Double perplexity(double nll, long predicted) {
        return predicted == 0 ? null : (Double) Math.exp(nll / predicted);
    }
}
