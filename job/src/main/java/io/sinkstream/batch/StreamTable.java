package io.sinkstream.batch;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * The streams of a run's results, a row each, the oddest first: {@code key}, {@code rows} and {@code tokens} that were scored, their
 * {@code nll} (nats) and {@code perplexity}; of a run that judges also {@code p_value}, see {@link
 * io.sinkstream.calibration.StreamEvidence}, and {@code odd}. A stream without a good row is none.
 */
public final class StreamTable {
    private StreamTable() {}

    /**
     * Makes it.
     *
     * @param key the results' column of keys
     */
    public static Dataset<Row> of(Dataset<Row> results, Column key, KeyedOptions options) {
        Column tokens = added(options, "tokens");
        Dataset<Row> streams = results.where(added(options, "error").isNull())
                .groupBy(key.as("key"))
                .agg(
                        functions.count(tokens).as("rows"),
                        functions.sum(tokens).as("tokens"),
                        functions.sum(added(options, "nll")).as("nll"),
                        functions
                                .max_by(added(options, "stream_perplexity"), added(options, "stream_tokens"))
                                .as("perplexity"),
                        pValue(options).as("p_value"));
        Column perplexity = functions.col("perplexity").desc_nulls_last();
        if (!options.isJudged()) {
            return streams.drop("p_value").orderBy(perplexity, functions.col("key"));
        }
        Double rate = options.judge().alarmRate();
        Dataset<Row> judged = rate == null
                ? streams
                : streams.withColumn("odd", functions.col("p_value").leq(rate));
        return judged.orderBy(functions.col("p_value").asc_nulls_last(), perplexity, functions.col("key"));
    }

    private static Column pValue(KeyedOptions options) {
        if (!options.isJudged()) {
            return functions.lit(null);
        }
        Column pValue = added(options, "p_value");
        return functions.least(functions.lit(1.0), functions.min(pValue).multiply(functions.count(pValue)));
    }

    private static Column added(KeyedOptions options, String name) {
        return functions.col(KeyedInput.quoted(options.prefix() + name));
    }
}
