package io.sinkstream.state;

import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * What is done to streams from outside. Commands lie in a folder of the checkpoint, which the query reads as one more source:
 * so each takes effect exactly once, in one micro-batch, before the rows that it holds of the same stream.
 */
public final class StreamCommands {
    /** A stream's key, a {@link StreamCommand}'s name, and a {@link SavedStream} where it needs one. */
    static final StructType SCHEMA = StructType.fromDDL("key STRING, command STRING, state BINARY");

    static final String FOLDER = "sinkstream-commands";

    private StreamCommands() {}

    private static String folder(String checkpoint) {
        return new Path(checkpoint, FOLDER).toString();
    }

    /** The commands of a checkpoint as they come. */
    public static Dataset<Row> read(SparkSession spark, String checkpoint) {
        return spark.readStream().schema(SCHEMA).parquet(folder(checkpoint));
    }

    /** Makes an empty place for commands, in the place of what a start that did not come to its end left there. */
    public static void begin(SparkSession spark, String checkpoint) {
        try {
            Path path = new Path(folder(checkpoint));
            FileSystem files = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
            files.delete(path, true);
            if (!files.mkdirs(path)) {
                throw new IOException("can't make the folder " + path);
            }
        } catch (IOException e) {
            throw new UserException(
                    StreamSettings.CHECKPOINT + ": " + checkpoint + " can't be used: " + e.getMessage(), e);
        }
    }

    /** Adds commands. */
    public static void add(Dataset<Row> commands, String checkpoint) {
        commands.write().mode(SaveMode.Append).parquet(folder(checkpoint));
    }

    /** Adds a command for one stream. */
    static void add(SparkSession spark, String checkpoint, String key, StreamCommand command) {
        add(spark.createDataFrame(List.of(RowFactory.create(key, command.name(), null)), SCHEMA), checkpoint);
    }
}
