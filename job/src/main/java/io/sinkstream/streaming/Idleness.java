package io.sinkstream.streaming;

import java.io.Serializable;
import java.time.Duration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.OffsetSeq;
import org.apache.spark.sql.execution.streaming.OffsetSeqLog;
import scala.Option;
import scala.Tuple2;

/**
 * How long a stream without rows is remembered. By the clock the time does not count in which the query was down before its
 * start: a stream's rows of that time may be waiting in the input.
 *
 * @param time how long
 * @param left when the query's last micro-batch before this start began, milliseconds since 1970
 * @param resumed when it was started; the same as {@code left} where the time in between counts
 */
record Idleness(Duration time, long left, long resumed) implements Serializable {
    /** By a watermark, which stands still while the query is down, or for a query that begins. */
    static Idleness of(Duration time) {
        return new Idleness(time, 0, 0);
    }

    /** By the clock, for a query that goes on with a checkpoint now. */
    static Idleness resumed(SparkSession spark, String checkpoint, Duration time, long now) {
        Option<Tuple2<Object, OffsetSeq>> last = new OffsetSeqLog(
                        (org.apache.spark.sql.classic.SparkSession) spark, new Path(checkpoint, "offsets").toString())
                .getLatest();
        if (last.isEmpty() || last.get()._2().metadata().isEmpty()) {
            return of(time);
        }
        return new Idleness(time, last.get()._2().metadata().get().batchTimestampMs(), now);
    }

    /** Whether a stream is to be forgotten. Both times are milliseconds since 1970, by the clock or the watermark. */
    boolean isOver(long lastSeen, long now) {
        long down = lastSeen < resumed ? resumed - left : 0;
        return now - lastSeen - down >= time.toMillis();
    }
}
