package io.sinkstream.state;

import io.sinkstream.rows.StreamTotals;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What is kept of a stream between micro-batches, the older part of its history aside, which lies in blocks of {@value
 * #BLOCK} tokens: block i holds the tokens at positions {@value #BLOCK} i to {@value #BLOCK} (i + 1), exclusive. A
 * micro-batch writes the head and the blocks that became full, never the whole history.
 *
 * @param position how many tokens the stream has
 * @param hash the rolling hash of all but the last of them
 * @param predicted how many of them were predicted
 * @param nll their summed NLL, nats
 * @param lastSeen when its last good row came, milliseconds since 1970
 * @param lastOrder the highest order of its rows, see {@link io.sinkstream.rows.Order}; null if they have none
 * @param sinks its first tokens
 * @param firstBlock the oldest block that is kept
 * @param tail the tokens behind the last block: at least the last {@value #CONTEXT} of the stream, as far as there are any
 */
public record StreamHead(
        long position,
        long hash,
        long predicted,
        double nll,
        long lastSeen,
        byte[] lastOrder,
        int[] sinks,
        long firstBlock,
        int[] tail) {
    static final int BLOCK = 128;

    /** Tokens that are always at hand without reading a block: the pending one, and what a continuation's text needs. */
    public static final int CONTEXT = 16;

    private static final int VERSION = 1;

    /** A stream without rows. */
    public static StreamHead empty() {
        return new StreamHead(0, 0, 0, 0, 0, null, new int[0], 0, new int[0]);
    }

    /** Tells a model of this fingerprint, S and R from others: what a stored state belongs to. */
    public static long owner(String fingerprint, int sinks, int window) {
        String all = fingerprint + " " + sinks + " " + window;
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /** The position of the tail's first token, which is also where the blocks end. */
    long tailStart() {
        return position - tail.length;
    }

    /** What its rows come to. */
    public StreamTotals totals() {
        return new StreamTotals(predicted, nll, lastOrder, lastSeen);
    }

    /** The same with these for what its rows come to. */
    public StreamHead with(StreamTotals totals) {
        return new StreamHead(
                position,
                hash,
                totals.predicted(),
                totals.nll(),
                totals.lastSeen(),
                totals.lastOrder(),
                sinks,
                firstBlock,
                tail);
    }

    /** The same, last seen at this time. */
    StreamHead seen(long time) {
        return new StreamHead(position, hash, predicted, nll, time, lastOrder, sinks, firstBlock, tail);
    }

    /**
     * As bytes.
     *
     * @param owner see {@link #owner}; so that a state is never taken for one of theirs
     */
    byte[] toBytes(long owner) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(96 + 3 * (sinks.length + tail.length));
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeLong(owner);
            out.writeLong(position);
            out.writeLong(hash);
            out.writeLong(predicted);
            out.writeDouble(nll);
            out.writeLong(lastSeen);
            out.writeInt(lastOrder == null ? -1 : lastOrder.length);
            if (lastOrder != null) {
                out.write(lastOrder);
            }
            out.writeLong(firstBlock);
            TokenBytes.write(out, sinks);
            TokenBytes.write(out, tail);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** From bytes. Throws ForeignStateException if they are of another owner or version, UncheckedIOException if they are none. */
    static StreamHead fromBytes(byte[] bytes, long owner) {
        return fromBytes(bytes, owner, true);
    }

    /** From bytes of whatever owner. Throws ForeignStateException if they are of another version. */
    static StreamHead ofAnyOwner(byte[] bytes) {
        return fromBytes(bytes, 0, false);
    }

    private static StreamHead fromBytes(byte[] bytes, long owner, boolean isChecked) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new ForeignStateException("is of format " + version + ", and this version reads " + VERSION);
            }
            if (in.readLong() != owner && isChecked) {
                throw new ForeignStateException("is of another model, tokenizer, attention sink size or window size");
            }
            long position = in.readLong();
            long hash = in.readLong();
            long predicted = in.readLong();
            double nll = in.readDouble();
            long lastSeen = in.readLong();
            int length = in.readInt();
            byte[] lastOrder = length < 0 ? null : in.readNBytes(length);
            long firstBlock = in.readLong();
            int[] sinks = TokenBytes.read(in);
            int[] tail = TokenBytes.read(in);
            if (firstBlock < 0 || tail.length > position || firstBlock > position / BLOCK) {
                throw new IOException("a stream of " + position + " tokens can't end with " + tail.length
                        + ", and blocks from " + firstBlock);
            }
            return new StreamHead(position, hash, predicted, nll, lastSeen, lastOrder, sinks, firstBlock, tail);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
