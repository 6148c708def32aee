package io.sinkstream.state;

import io.sinkstream.settings.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import org.apache.spark.sql.streaming.MapState;
import scala.Tuple2;
import scala.collection.Iterator;

/** The streams of one bucket, in Spark's state store. Each call reads or writes a value of a few hundred bytes. */
public final class StreamStore {
    /** The name of the state that holds a {@link StreamHead} for each key. */
    public static final String STREAMS = "streams";

    /** The name of the state that holds blocks of tokens. */
    public static final String HISTORY = "history";

    private final MapState<String, byte[]> heads;
    private final MapState<byte[], byte[]> blocks;
    private final long owner;
    private final long keep;

    /**
     * A view of the state that belongs to the bucket at hand.
     *
     * @param owner see {@link StreamHead#owner}
     * @param keep how many tokens before the pending one are kept
     */
    public StreamStore(MapState<String, byte[]> heads, MapState<byte[], byte[]> blocks, long owner, long keep) {
        this.heads = heads;
        this.blocks = blocks;
        this.owner = owner;
        this.keep = keep;
    }

    /** The stream; without tokens if it is new. Throws UncheckedIOException if what is stored is none. */
    public StreamHead read(String key) {
        byte[] bytes = heads.getValue(key);
        return bytes == null ? StreamHead.empty() : head(key, bytes);
    }

    private StreamHead head(String key, byte[] bytes) {
        try {
            StreamHead head = StreamHead.fromBytes(bytes, owner);
            if (head.tailStart() - head.firstBlock() * StreamHead.BLOCK > keep + 2 * StreamHead.BLOCK) {
                throw new UncheckedIOException(new IOException("of " + head.position() + " tokens "
                        + (head.position() - head.firstBlock() * StreamHead.BLOCK) + " are kept"));
            }
            return head;
        } catch (ForeignStateException e) {
            throw new UserException(
                    "the state of stream " + key + " in the checkpoint " + e.getMessage()
                            + "; go on with what it was begun with, or begin a new checkpoint",
                    e);
        }
    }

    /** Writes the stream's head. */
    public void write(String key, StreamHead head) {
        heads.updateValue(key, head.toBytes(owner));
    }

    /**
     * All that is kept of the stream's history: the pending token and those before it. Throws UncheckedIOException if a part
     * of it is missing.
     */
    public int[] history(String key, StreamHead head) {
        return history(head, keep, block -> TokenBytes.tokens(blocks.getValue(name(key, block))));
    }

    /**
     * The same from blocks that are read elsewhere.
     *
     * @param keep how many tokens before the pending one are kept
     * @param blocks reads a block by its number
     */
    static int[] history(StreamHead head, long keep, LongFunction<int[]> blocks) {
        long from = Math.max(head.firstBlock() * StreamHead.BLOCK, head.position() - keep - 1);
        int[] tokens = new int[(int) (head.position() - from)];
        for (long block = from / StreamHead.BLOCK; block * StreamHead.BLOCK < head.tailStart(); block++) {
            int[] stored = blocks.apply(block);
            if (stored.length != StreamHead.BLOCK) {
                throw new UncheckedIOException(new EOFException(
                        "of block " + block + " there are " + stored.length + " tokens, not " + StreamHead.BLOCK));
            }
            int skipped = (int) Math.max(0, from - block * StreamHead.BLOCK);
            System.arraycopy(
                    stored,
                    skipped,
                    tokens,
                    (int) (block * StreamHead.BLOCK + skipped - from),
                    StreamHead.BLOCK - skipped);
        }
        int inTail = Math.min(head.tail().length, tokens.length);
        System.arraycopy(head.tail(), head.tail().length - inTail, tokens, tokens.length - inTail, inTail);
        return tokens;
    }

    /** Whether the head alone is all that is kept of the history. */
    boolean isWhole(StreamHead head) {
        return head.tailStart() <= Math.max(head.firstBlock() * StreamHead.BLOCK, head.position() - keep - 1);
    }

    /**
     * The stream with {@code tokens} behind it. Writes the blocks that are full now and removes those that nothing needs
     * any more; the head itself is the caller's to write.
     *
     * @param sinks the stream's first tokens after that
     * @param hash and its rolling hash
     */
    public StreamHead append(String key, StreamHead head, int[] tokens, int[] sinks, long hash) {
        int[] tail = Arrays.copyOf(head.tail(), head.tail().length + tokens.length);
        System.arraycopy(tokens, 0, tail, head.tail().length, tokens.length);
        long position = head.position() + tokens.length;
        long block = head.tailStart() / StreamHead.BLOCK;
        // What is older than this is no history any more, and is never written if it comes in one piece with the rest.
        long first = Math.max(head.firstBlock(), Math.max(0, position - keep - 1) / StreamHead.BLOCK);
        int spilled = 0;
        for (; tail.length - spilled >= StreamHead.BLOCK + StreamHead.CONTEXT; spilled += StreamHead.BLOCK, block++) {
            if (block >= first) {
                blocks.updateValue(
                        name(key, block), TokenBytes.of(Arrays.copyOfRange(tail, spilled, spilled + StreamHead.BLOCK)));
            }
        }
        for (long old = head.firstBlock(); old < Math.min(first, head.tailStart() / StreamHead.BLOCK); old++) {
            blocks.removeKey(name(key, old));
        }
        return new StreamHead(
                position,
                hash,
                head.predicted(),
                head.nll(),
                head.lastSeen(),
                head.lastOrder(),
                sinks,
                first,
                Arrays.copyOfRange(tail, spilled, tail.length));
    }

    /**
     * Puts a stream in the place of whatever there was of it, and returns its head, which is the caller's to write.
     *
     * @param saved its head, with all that is kept of its history for a tail: see {@link SavedStream}
     */
    public StreamHead restore(String key, StreamHead saved) {
        // Blocks begin at multiples of their size. What stands in the first one before the history is never read.
        int padding = (int) (saved.tailStart() % StreamHead.BLOCK);
        int[] tokens = new int[padding + saved.tail().length];
        System.arraycopy(saved.tail(), 0, tokens, padding, saved.tail().length);
        long start = saved.tailStart() - padding;
        StreamHead empty = new StreamHead(
                start,
                saved.hash(),
                saved.predicted(),
                saved.nll(),
                saved.lastSeen(),
                saved.lastOrder(),
                saved.sinks(),
                start / StreamHead.BLOCK,
                new int[0]);
        return append(key, empty, tokens, saved.sinks(), saved.hash());
    }

    /** Forgets the stream, whatever is stored of it. */
    public void remove(String key) {
        try {
            remove(key, read(key));
        } catch (UncheckedIOException e) {
            // Which blocks it has nobody knows. They are never read.
            heads.removeKey(key);
        }
    }

    /** Forgets the stream. */
    public void remove(String key, StreamHead head) {
        for (long block = head.firstBlock(); block * StreamHead.BLOCK < head.tailStart(); block++) {
            blocks.removeKey(name(key, block));
        }
        heads.removeKey(key);
    }

    /**
     * Forgets the streams that are idle, and returns their keys. Of one that no row said a time of yet, such as one that was
     * begun with a saved state before there was a watermark, it is counted from now.
     *
     * @param now milliseconds since 1970, by the clock or the watermark
     * @param isIdle whether one is whose last row came then
     */
    public List<String> forget(long now, LongPredicate isIdle) {
        Map<String, StreamHead> timeless = new HashMap<>();
        Map<String, StreamHead> idle = new HashMap<>();
        for (Iterator<Tuple2<String, byte[]>> all = heads.iterator(); all.hasNext(); ) {
            Tuple2<String, byte[]> entry = all.next();
            try {
                StreamHead head = head(entry._1(), entry._2());
                if (head.lastSeen() == 0) {
                    timeless.put(entry._1(), head.seen(now));
                } else if (isIdle.test(head.lastSeen())) {
                    idle.put(entry._1(), head);
                }
            } catch (UncheckedIOException e) {
                // What can't be read is told to its rows, and can be deleted by its key.
            }
        }
        timeless.forEach(this::write);
        idle.forEach(this::remove);
        return List.copyOf(idle.keySet());
    }

    /** Whether there is no stream. */
    public boolean isEmpty() {
        return !heads.exists();
    }

    /** What a block is stored under. */
    static byte[] name(String key, long block) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(bytes.length + Long.BYTES)
                .put(bytes)
                .putLong(block)
                .array();
    }
}
