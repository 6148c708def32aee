package io.sinkstream.batch;

import io.sinkstream.calibration.Calibration;
import io.sinkstream.calibration.Judge;
import io.sinkstream.calibration.OrdinaryStreams;
import io.sinkstream.calibration.StreamRule;
import io.sinkstream.settings.StreamsBy;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/**
 * The streams of a run's results, or the windows of their rows, a row each, the oddest first: {@code key}, {@code rows} and {@code
 * tokens} that were scored, their {@code nll} (nats) and {@code perplexity}; of a run that judges also {@code p_value}, see {@link
 * io.sinkstream.calibration.StreamEvidence}, and {@code odd}. A stream without a good row is none.
 */
public final class StreamTable {
    private static final String KEY = "key";
    private static final String WINDOW = "window";
    private static final String P_VALUE = "p_value";
    private static final String NUMBER = KeyedInput.HELPER + "number";

    private final Dataset<Row> results;
    private final KeyedOptions options;
    private final StreamRule rule;
    private final Column order;

    private StreamTable(Dataset<Row> results, Column key, Column order, KeyedOptions options, StreamRule rule) {
        this.options = options;
        this.rule = rule;
        this.order = order;
        Dataset<Row> good = results.where(added("error").isNull()).withColumn(KeyedInput.KEY, key);
        Column place =
                functions.row_number().over(Window.partitionBy(KeyedInput.KEY).orderBy(added("stream_tokens")));
        this.results = rule.window() == null
                ? good
                : good.withColumn(
                        KeyedInput.HELPER + WINDOW,
                        functions.floor(place.minus(1).divide(rule.window())).cast(DataTypes.LongType));
    }

    /**
     * Makes it.
     *
     * @param key the results' column of keys
     * @param order the results' column of orders; null if they have none
     */
    public static Dataset<Row> of(
            Dataset<Row> results, Column key, Column order, KeyedOptions options, StreamRule rule) {
        return new StreamTable(results, key, order, options, rule).table();
    }

    /**
     * The numbers that ordinary streams are known by, a row each. Of a stream's windows it is one, drawn by a hash.
     *
     * @param results of a run that tells surprises
     */
    public static Dataset<Row> numbers(Dataset<Row> results, Column key, KeyedOptions options, StreamRule rule) {
        StreamTable table = new StreamTable(results, key, null, options, rule);
        Dataset<Row> all =
                table.results.groupBy(table.groups()).agg(table.number().as(NUMBER));
        return rule.window() == null
                ? all.select(NUMBER)
                : all.groupBy(KEY)
                        .agg(functions
                                .min_by(
                                        functions.col(NUMBER),
                                        functions.xxhash64(functions.col(KEY), functions.col(WINDOW)))
                                .as(NUMBER))
                        .select(NUMBER);
    }

    private Column[] groups() {
        Column key = functions.col(KeyedInput.KEY).as(KEY);
        return rule.window() == null
                ? new Column[] {key}
                : new Column[] {key, functions.col(KeyedInput.HELPER + WINDOW).as(WINDOW)};
    }

    private Column number() {
        return rule.by() == StreamsBy.LARGEST
                ? functions.max(added(Judge.SURPRISE).cast(DataTypes.DoubleType))
                : functions.log(perplexity());
    }

    private Dataset<Row> table() {
        Column tokens = added("tokens");
        Column end = added("stream_tokens");
        List<Column> sums = new ArrayList<>();
        if (rule.window() != null && order != null) {
            sums.add(functions.min_by(order, end).as("first"));
            sums.add(functions.max_by(order, end).as("last"));
        }
        sums.add(functions.count(tokens).as("rows"));
        sums.add(functions.sum(tokens).as("tokens"));
        sums.add(functions.sum(added("nll")).as("nll"));
        sums.add(perplexity().as("perplexity"));
        boolean isJudged = options.judge() != null && options.judge().calibration() != null;
        if (isJudged) {
            sums.add(pValue(options.judge().calibration()).as(P_VALUE));
        }
        Dataset<Row> table = results.groupBy(groups())
                .agg(sums.get(0), sums.subList(1, sums.size()).toArray(Column[]::new));
        if (isJudged && options.judge().alarmRate() != null) {
            table = table.withColumn(
                    "odd", functions.col(P_VALUE).leq(options.judge().alarmRate()));
        }
        if (isJudged && rule.window() != null) {
            var stream = Window.partitionBy(KEY);
            Column pValue = functions.col(P_VALUE);
            table = table.withColumn(
                    "stream_p_value",
                    bonferroni(
                            functions.min(pValue).over(stream),
                            functions.count(pValue).over(stream)));
        }
        List<Column> oddest = new ArrayList<>();
        if (isJudged) {
            oddest.add(functions.col(P_VALUE).asc_nulls_last());
        }
        oddest.add(functions.col("perplexity").desc_nulls_last());
        oddest.add(functions.col(KEY));
        if (rule.window() != null) {
            oddest.add(functions.col(WINDOW));
        }
        return table.orderBy(oddest.toArray(Column[]::new));
    }

    private Column perplexity() {
        if (rule.window() == null) {
            return functions.max_by(added("stream_perplexity"), added("stream_tokens"));
        }
        // All tokens of a window were predicted but the stream's first.
        Column first = functions
                .when(functions.min(functions.col(KeyedInput.HELPER + WINDOW)).equalTo(0), 1)
                .otherwise(0);
        return functions.exp(functions
                .sum(added("nll"))
                .divide(functions.nullif(functions.sum(added("tokens")).minus(first), functions.lit(0L))));
    }

    private Column pValue(Calibration calibration) {
        if (!rule.isOwn()) {
            Column pValue = added(P_VALUE);
            return bonferroni(functions.min(pValue), functions.count(pValue));
        }
        OrdinaryStreams streams = calibration.streams();
        UDF1<Double, Double> beside = number -> number == null ? null : (Double) streams.pValue(number);
        return functions.udf(beside, DataTypes.DoubleType).apply(number());
    }

    private static Column bonferroni(Column smallest, Column count) {
        return functions.least(functions.lit(1.0), smallest.multiply(count));
    }

    private Column added(String name) {
        return functions.col(KeyedInput.quoted(options.prefix() + name));
    }
}
