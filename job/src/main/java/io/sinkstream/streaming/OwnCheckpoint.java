package io.sinkstream.streaming;

import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.StreamExecution;

/**
 * The checkpoint that a table was made for, and the query that runs it: they have to be one's. The states would lie in the one, and what
 * they depend on in the other, where nothing is held against it.
 */
final class OwnCheckpoint {
    private OwnCheckpoint() {}

    /**
     * Ends the query that is about to run on this thread if it keeps itself elsewhere. Nothing is asked of a task.
     *
     * <p>Where a query keeps itself is known when it runs, and not by its table's session alone: a table gets into others, by a
     * view or a union. Spark asks an operator for its state on the driver before the first micro-batch of each start, in whichever
     * session that is.
     *
     * @throws UserException if the query's {@code checkpointLocation} is another
     */
    static void require(String checkpoint) {
        if (TaskContext.get() != null) {
            return;
        }
        SparkSession spark = SparkSession.active();
        SparkContext context = spark.sparkContext();
        String id = context.getLocalProperty(StreamExecution.QUERY_ID_KEY());
        StreamExecution query = id == null
                ? null
                : ((org.apache.spark.sql.classic.SparkSession) spark)
                        .sharedState()
                        .activeStreamingQueries()
                        .get(UUID.fromString(id));
        if (query != null && !new Path(query.resolvedCheckpointRoot()).equals(qualified(checkpoint, context))) {
            throw new UserException(StreamSettings.CHECKPOINT + ": the table was made for the query of " + checkpoint
                    + ", and the query's checkpointLocation is " + query.resolvedCheckpointRoot()
                    + "; give both the same");
        }
    }

    private static Path qualified(String checkpoint, SparkContext context) {
        Path path = new Path(checkpoint);
        try {
            return path.getFileSystem(context.hadoopConfiguration()).makeQualified(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
