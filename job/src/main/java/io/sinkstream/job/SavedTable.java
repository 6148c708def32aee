package io.sinkstream.job;

import io.sinkstream.settings.Settings;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** States of streams that an earlier run wrote. */
final class SavedTable {
    private SavedTable() {}

    /** The table. Throws UserException if there is none. */
    static Dataset<Row> read(SparkSession spark, String path) {
        try {
            return load(spark, path);
        } catch (AnalysisException e) {
            throw SparkMessages.mendable(Settings.INITIAL_STATE.option(), e);
        }
    }

    /** Spark throws this checked exception without declaring it. */
    private static Dataset<Row> load(SparkSession spark, String path) throws AnalysisException {
        return spark.read().parquet(path);
    }
}
