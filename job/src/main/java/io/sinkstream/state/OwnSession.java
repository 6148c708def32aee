package io.sinkstream.state;

import io.sinkstream.settings.UserException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Sessions for single queries. Spark reads a query's configuration, the number of partitions of its state above all, from its
 * table's session when it starts; set in the caller's session it would be other queries' too, and theirs its own.
 */
public final class OwnSession {
    private OwnSession() {}

    /**
     * The same table in a session that is a copy of its own, with its configuration, functions and views, and with what the
     * state needs of Spark.
     *
     * @param partitions of the state
     * @throws UserException if it is a table of Spark Connect, or another state store than RocksDB's is set
     */
    public static Dataset<Row> of(Dataset<Row> table, int partitions) {
        if (table instanceof org.apache.spark.sql.classic.Dataset<Row> classic) {
            return org.apache.spark.sql.classic.Dataset.ofRows(
                    of(classic.sparkSession(), partitions),
                    classic.queryExecution().analyzed());
        }
        throw connected();
    }

    /** Such a copy of a session. */
    static org.apache.spark.sql.classic.SparkSession of(SparkSession spark, int partitions) {
        if (spark instanceof org.apache.spark.sql.classic.SparkSession classic) {
            org.apache.spark.sql.classic.SparkSession own = classic.cloneSession();
            StoreSettings.apply(own, partitions);
            return own;
        }
        throw connected();
    }

    private static UserException connected() {
        return new UserException("a session of Spark Connect has no streams' states; run where the driver is");
    }
}
