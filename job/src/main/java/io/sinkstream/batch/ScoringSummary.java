package io.sinkstream.batch;

import io.sinkstream.rows.RowProblem;
import io.sinkstream.stream.LookupCounts;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What a run of scores or continuations, or a task of it, has done so far.
 *
 * @param rows rows read
 * @param scored rows without an error, scored or continued
 * @param dropped late rows that were left out
 * @param problems how many rows have an error, by what is wrong with them
 * @param streams streams with at least one good row that have ended
 * @param tokens tokens of these rows, prompts and continuations alike
 * @param predicted how many of them were predicted: all but each stream's first; of continuations those that were written
 * @param nll their summed NLL, nats
 * @param bytes of UTF-8 of the scored texts and separators; 0 where only tokens were given
 * @param lookup what looking tokens of continuations up came to
 * @param judged rows that have ordinary ones to stand beside
 * @param unjudged good rows that have none, in a run that judges
 * @param odd those judged that are odd, by the rate of false alarms
 * @param topRows the rows of highest perplexity, highest first
 * @param topStreams the streams of highest perplexity, highest first
 */
public record ScoringSummary(
        long rows,
        long scored,
        long dropped,
        Map<RowProblem, Long> problems,
        long streams,
        long tokens,
        long predicted,
        double nll,
        long bytes,
        LookupCounts lookup,
        long judged,
        long unjudged,
        long odd,
        List<Ranked> topRows,
        List<Ranked> topStreams)
        implements Serializable {

    /** How many rows have an error. */
    public long errors() {
        return problems.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Over all predicted tokens; NaN if there are none. */
    public double perplexity() {
        return Math.exp(nll / predicted);
    }

    /** Over all scored texts; NaN if there are none. */
    public double bitsPerByte() {
        return bytes == 0 ? Double.NaN : nll / Math.log(2) / bytes;
    }
}
