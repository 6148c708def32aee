package io.sinkstream.state;

import java.util.Iterator;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.execution.streaming.StreamExecution;
import org.apache.spark.sql.execution.streaming.state.PrefixKeyScanStateEncoderSpec;
import org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider;
import org.apache.spark.sql.execution.streaming.state.StateStore;
import org.apache.spark.sql.execution.streaming.state.StateStoreConf;
import org.apache.spark.sql.execution.streaming.state.StateStoreId;
import org.apache.spark.sql.execution.streaming.state.StateStoreIterator;
import org.apache.spark.sql.execution.streaming.state.UnsafeRowPair;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/**
 * The streams in one partition of a checkpoint, as the last committed micro-batch left them. Spark 4.0 has no reader of its own
 * for checkpoints of format 2 (SPARK-53294), so this opens the state store as a task of the query does, to read only.
 */
final class StoredStreams implements AutoCloseable {
    private static final StructType HEAD_KEY =
            StructType.fromDDL("key STRUCT<value: INT>, userKey STRUCT<value: STRING>");
    private static final StructType BLOCK_KEY =
            StructType.fromDDL("key STRUCT<value: INT>, userKey STRUCT<value: BINARY>");
    private static final StructType VALUE = StructType.fromDDL("value BINARY");

    private final RocksDBStateStoreProvider provider = new RocksDBStateStoreProvider();
    private final StateStore store;
    private final UnsafeProjection blockKeys = UnsafeProjection.create(BLOCK_KEY);
    private final int bucket;

    /**
     * Opens a partition.
     *
     * @param bucket the number that stands for it, see {@link Buckets}
     * @param version the micro-batch's number and one
     * @param id of the partition's state, from the log of commits
     */
    StoredStreams(String checkpoint, int partition, int bucket, long version, String id, Configuration conf) {
        this.bucket = bucket;
        Configuration run = new Configuration(conf);
        run.set(StreamExecution.RUN_ID_KEY(), UUID.randomUUID().toString());
        provider.init(
                new StateStoreId(checkpoint + "/state", 0, partition, StateStoreId.DEFAULT_STORE_NAME()),
                HEAD_KEY,
                VALUE,
                new PrefixKeyScanStateEncoderSpec(HEAD_KEY, 1),
                true,
                new StateStoreConf(SQLConf.get(), scala.collection.immutable.Map$.MODULE$.empty()),
                run,
                false,
                Option.empty());
        StateStore families = provider.getStore(version, Option.apply(id));
        families.createColFamilyIfAbsent(
                StreamStore.STREAMS, HEAD_KEY, VALUE, new PrefixKeyScanStateEncoderSpec(HEAD_KEY, 1), false, false);
        families.createColFamilyIfAbsent(
                StreamStore.HISTORY, BLOCK_KEY, VALUE, new PrefixKeyScanStateEncoderSpec(BLOCK_KEY, 1), false, false);
        families.abort();
        store = provider.getReadStore(version, Option.apply(id));
    }

    /** All streams' keys and heads, each read when it is asked for. */
    Iterator<Map.Entry<String, StreamHead>> heads() {
        StateStoreIterator<UnsafeRowPair> all = store.iterator(StreamStore.STREAMS);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return all.hasNext();
            }

            @Override
            public Map.Entry<String, StreamHead> next() {
                UnsafeRowPair pair = all.next();
                return Map.entry(
                        pair.key().getStruct(1, 1).getUTF8String(0).toString(),
                        StreamHead.ofAnyOwner(pair.value().getBinary(0)));
            }
        };
    }

    /** A stream's history, see {@link StreamStore#history}. */
    int[] history(String key, StreamHead head, long keep) {
        return StreamStore.history(head, keep, block -> {
            UnsafeRow name = blockKeys.apply(new GenericInternalRow(new Object[] {
                new GenericInternalRow(new Object[] {bucket}),
                new GenericInternalRow(new Object[] {StreamStore.name(key, block)})
            }));
            return TokenBytes.tokens(store.get(name, StreamStore.HISTORY).getBinary(0));
        });
    }

    @Override
    public void close() {
        store.abort();
        provider.close();
    }
}
