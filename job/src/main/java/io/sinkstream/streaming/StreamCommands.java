package io.sinkstream.streaming;

import org.apache.spark.sql.types.StructType;

/** The commands that wait in a checkpoint for the query's next micro-batch. */
final class StreamCommands {
    /** A stream's key, a {@link StreamCommand}'s name, and a {@link SavedStream} where it needs one. */
    static final StructType SCHEMA = StructType.fromDDL("key STRING, command STRING, state BINARY");

    private StreamCommands() {}
}
