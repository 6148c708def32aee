package io.sinkstream.state;

import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/** A partition's streams as rows. Each one's history is read when its row is asked for, so that one is in memory at a time. */
final class StreamRows implements Iterator<Row> {
    static final StructType SCHEMA = StructType.fromDDL("key STRING, stream_tokens BIGINT, predicted BIGINT,"
            + " nll DOUBLE, last_seen BIGINT, sinks ARRAY<INT>, history ARRAY<INT>, state_bytes BIGINT, state BINARY");

    private final Iterator<Map.Entry<String, StreamHead>> heads;
    private final Predicate<String> asked;
    private final Histories histories;
    private final long owner;
    private Map.Entry<String, StreamHead> ahead;

    /** Where streams' histories are read. */
    @FunctionalInterface
    interface Histories {
        int[] of(String key, StreamHead head);
    }

    /**
     * Rows of {@link #SCHEMA}.
     *
     * @param asked of which keys
     * @param owner see {@link StreamHead#owner}
     */
    StreamRows(
            Iterator<Map.Entry<String, StreamHead>> heads, Predicate<String> asked, Histories histories, long owner) {
        this.heads = heads;
        this.asked = asked;
        this.histories = histories;
        this.owner = owner;
    }

    @Override
    public boolean hasNext() {
        while (ahead == null && heads.hasNext()) {
            Map.Entry<String, StreamHead> head = heads.next();
            if (asked.test(head.getKey())) {
                ahead = head;
            }
        }
        return ahead != null;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Row row = row(ahead.getKey(), ahead.getValue());
        ahead = null;
        return row;
    }

    private Row row(String key, StreamHead head) {
        int[] history = histories.of(key, head);
        long blocks = (head.tailStart() - head.firstBlock() * StreamHead.BLOCK) / StreamHead.BLOCK;
        byte[] saved = SavedStream.toBytes(head, history, owner);
        return RowFactory.create(
                key,
                head.position(),
                head.predicted(),
                head.nll(),
                head.lastSeen(),
                IntStream.of(head.sinks()).boxed().toArray(Integer[]::new),
                IntStream.of(history).boxed().toArray(Integer[]::new),
                (long) saved.length + blocks * (key.length() + Long.BYTES),
                saved);
    }
}
