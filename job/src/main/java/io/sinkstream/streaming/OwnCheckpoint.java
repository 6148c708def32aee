package io.sinkstream.streaming;

import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.streaming.StreamExecution;
import org.apache.spark.sql.execution.streaming.StreamingQueryWrapper;
import org.apache.spark.sql.streaming.StreamingQuery;

/**
 * Ends a query that keeps itself elsewhere than in the checkpoint that its table was made for. Its states would lie in the one, and
 * what they depend on in the other, where nothing is held against it.
 *
 * <p>Where a query keeps itself is known when it runs, and Spark's optimizer is the first that we hear of it.
 */
final class OwnCheckpoint extends Rule<LogicalPlan> {
    private final SparkSession spark;
    private final String checkpoint;

    private OwnCheckpoint(SparkSession spark, String checkpoint) {
        this.spark = spark;
        this.checkpoint = checkpoint;
    }

    /** Has the queries of this session looked at. */
    static void watch(SparkSession spark, String checkpoint) {
        MicroBatchFiles.addRule(spark, new OwnCheckpoint(spark, checkpoint));
    }

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        String id = spark.sparkContext().getLocalProperty(StreamExecution.QUERY_ID_KEY());
        StreamingQuery query = id == null ? null : spark.streams().get(id);
        if (query instanceof StreamingQueryWrapper wrapper) {
            String root = wrapper.streamingQuery().resolvedCheckpointRoot();
            if (!new Path(root).equals(qualified())) {
                throw new UserException(StreamSettings.CHECKPOINT + ": the table was made for the query of "
                        + checkpoint + ", and the query's checkpointLocation is " + root + "; give both the same");
            }
        }
        return plan;
    }

    private Path qualified() {
        Configuration conf = spark.sparkContext().hadoopConfiguration();
        Path path = new Path(checkpoint);
        try {
            return path.getFileSystem(conf).makeQualified(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
