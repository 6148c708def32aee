package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.testing.PlainDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;

/**
 * What rows tell of one token; all null where nothing predicted it.
 *
 * @param rank from 1
 * @param likeliest tokens and log-probabilities, nats
 * @param entropy nats
 */
record KnownToken(Integer rank, List<Row> likeliest, Double entropy) {
    static final KnownToken NONE = new KnownToken(null, null, null);

    /** Numbers so near may change places. */
    private static final double CLOSE = 2 * ScoreRun.SAME;

    /** Of the {@code index}th token of a row. */
    static KnownToken of(Row row, int index, String prefix) {
        scala.collection.Seq<Row> likeliest = row.<scala.collection.Seq<scala.collection.Seq<Row>>>getAs(
                        prefix + "top_logprobs")
                .apply(index);
        return new KnownToken(
                row.<Integer>getList(row.fieldIndex(prefix + "token_rank")).get(index),
                likeliest == null ? null : scala.jdk.javaapi.CollectionConverters.asJava(likeliest),
                row.<Double>getList(row.fieldIndex(prefix + "token_entropy")).get(index));
    }

    /** Checks it against the exact logits that its token came from. */
    void assertOf(double[] logits, int token) {
        double[] logprobs = IntStream.range(0, logits.length)
                .mapToDouble(other -> -PlainDecoder.nll(logits, other))
                .toArray();
        double own = logprobs[token];
        int above = (int) Arrays.stream(logprobs).filter(p -> p > own + CLOSE).count();
        int near = (int)
                Arrays.stream(logprobs).filter(p -> Math.abs(p - own) <= CLOSE).count();
        assertThat(rank).isBetween(above + 1, above + near);
        assertThat(entropy)
                .isCloseTo(Arrays.stream(logprobs).map(p -> -p * Math.exp(p)).sum(), within(ScoreRun.SAME));
        double[] descending =
                Arrays.stream(logprobs).map(p -> -p).sorted().map(p -> -p).toArray();
        for (int place = 0; place < likeliest.size(); place++) {
            assertThat(likeliest.get(place).getDouble(1)).isCloseTo(descending[place], within(ScoreRun.SAME));
            assertThat(logprobs[likeliest.get(place).getInt(0)]).isCloseTo(descending[place], within(CLOSE));
        }
    }
}
