package io.sinkstream.streaming;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkClassNotFoundException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.v2.FileDataSourceV2;
import org.apache.spark.sql.execution.streaming.FileStreamSink;
import org.apache.spark.sql.execution.streaming.Sink;
import org.apache.spark.sql.execution.streaming.StateStoreWriter;
import org.apache.spark.sql.sources.StreamSinkProvider;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.OutputMode;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A sink of Spark's that has each micro-batch run, also one that it has already written. Spark's own passes that one over:
 * then no state is committed, and the query can never go on. What was written stays as it is.
 *
 * <p>Spark makes it by this class's name; {@link #writer} is the way to it.
 */
public final class StatefulSink implements StreamSinkProvider {
    private static final String FORMAT = "__sinkstream_format";

    /** Each task of an operator with state counts itself here. */
    private static final String RUN = "numStateStoreInstances";

    /** For Spark, which makes one by the class's name. */
    public StatefulSink() {}

    /**
     * A writer of rows of {@link KeyedStreams#apply}.
     *
     * @param format the name of a sink of Spark's
     */
    public static DataStreamWriter<Row> writer(Dataset<Row> rows, String format) {
        DataStreamWriter<Row> writer = rows.writeStream().outputMode("append");
        return canPassOver(rows.sparkSession(), format)
                ? writer.format(StatefulSink.class.getName()).option(FORMAT, format)
                : writer.format(format);
    }

    /** Whether it is a sink of the kind that is handed a micro-batch and need not run it. Kafka's is both, and is not used so. */
    private static boolean canPassOver(SparkSession spark, String format) {
        if (format.equals("kafka")) {
            return false;
        }
        try {
            Class<?> source = lookup(spark, format);
            return FileFormat.class.isAssignableFrom(source)
                    || FileDataSourceV2.class.isAssignableFrom(source)
                    || StreamSinkProvider.class.isAssignableFrom(source);
        } catch (AnalysisException | SparkClassNotFoundException e) {
            // Spark says so in its own words when the query starts.
            return false;
        }
    }

    /** Spark throws these checked exceptions without declaring them. */
    private static Class<?> lookup(SparkSession spark, String format)
            throws AnalysisException, SparkClassNotFoundException {
        return DataSource.lookupDataSource(format, spark.sessionState().conf());
    }

    @Override
    public Sink createSink(
            SQLContext context,
            scala.collection.immutable.Map<String, String> parameters,
            Seq<String> partitionColumns,
            OutputMode mode) {
        Map<String, String> options = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        options.putAll(CollectionConverters.asJava(parameters));
        String format = options.remove(FORMAT);
        SparkSession spark = context.sparkSession();
        Sink sink = new DataSource(
                        spark,
                        format,
                        CollectionConverters.asScala(List.<String>of()).toSeq(),
                        Option.empty(),
                        partitionColumns,
                        Option.empty(),
                        scala.collection.immutable.Map.from(CollectionConverters.asScala(options)),
                        Option.empty())
                .createSink(mode);
        String checkpoint = options.get("checkpointLocation");
        if (sink instanceof FileStreamSink && checkpoint != null) {
            OutputOwner.claim(
                    checkpoint,
                    options.get("path"),
                    format,
                    spark.sessionState().newHadoopConf());
        }
        return new RunningSink(sink);
    }

    /** Has a micro-batch run if the sink did not. */
    private record RunningSink(Sink sink) implements Sink {
        @Override
        public void addBatch(long batch, Dataset<Row> rows) {
            sink.addBatch(batch, rows);
            QueryExecution execution = ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution();
            if (!hasRun(execution.executedPlan())) {
                // The rows are those that were written: their micro-batch is read, and run, as it was.
                var unused = execution.toRdd().count();
            }
        }

        private static boolean hasRun(SparkPlan plan) {
            if (plan instanceof StateStoreWriter) {
                return !plan.metrics().apply(RUN).isZero();
            }
            return CollectionConverters.asJava(plan.children()).stream().allMatch(RunningSink::hasRun);
        }

        @Override
        public String toString() {
            return sink.toString();
        }
    }
}
