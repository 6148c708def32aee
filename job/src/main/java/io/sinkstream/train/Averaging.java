package io.sinkstream.train;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The mean of what all replicas hold, by way of the first one: the others send it theirs and get the mean back. A replica that
 * goes away makes every other one fail, and with it the barrier stage, which Spark then runs again from the last state.
 *
 * <p>Channels, because an interrupt, by which Spark ends a task, closes them.
 */
final class Averaging implements AutoCloseable {
    private static final int PIECE = 1 << 16;
    private static final int SECRET = 16;

    private final List<SocketChannel> others;
    private final boolean isFirst;

    private Averaging(List<SocketChannel> others, boolean isFirst) {
        this.others = others;
        this.isFirst = isFirst;
    }

    /**
     * Meets the other replicas.
     *
     * @param gather tells all replicas what each says, in their order
     * @param host what the others reach this machine under
     */
    static Averaging join(int rank, int replicas, String host, UnaryOperator<String[]> gather) throws IOException {
        if (replicas == 1) {
            return new Averaging(List.of(), true);
        }
        List<SocketChannel> others = new ArrayList<>();
        if (rank > 0) {
            String[] told = gather.apply(new String[] {""})[0].split(" ", 3);
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(told[0], Integer.parseInt(told[1])));
            ByteBuffer hello = ByteBuffer.allocate(SECRET + Integer.BYTES);
            hello.put(HexFormat.of().parseHex(told[2])).putInt(rank).flip();
            write(channel, hello);
            return new Averaging(List.of(channel), false);
        }
        byte[] secret = new byte[SECRET];
        new SecureRandom().nextBytes(secret);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(host, 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            var unused = gather.apply(
                    new String[] {host + " " + port + " " + HexFormat.of().formatHex(secret)});
            SocketChannel[] byRank = new SocketChannel[replicas];
            for (int met = 1; met < replicas; ) {
                SocketChannel channel = server.accept();
                ByteBuffer hello = ByteBuffer.allocate(SECRET + Integer.BYTES);
                read(channel, hello);
                byte[] given = new byte[SECRET];
                hello.flip().get(given);
                int other = hello.getInt();
                if (!MessageDigest.isEqual(given, secret) || other < 1 || other >= replicas || byRank[other] != null) {
                    // Whoever else found the port.
                    channel.close();
                    continue;
                }
                byRank[other] = channel;
                met++;
            }
            // The sum's order must not depend on who came first.
            others.addAll(Arrays.asList(byRank).subList(1, replicas));
        }
        return new Averaging(others, true);
    }

    /** Replaces all numbers by their mean over the replicas. All replicas call it at the same step. */
    void average(List<float[]> all) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(PIECE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] numbers : all) {
            for (int from = 0; from < numbers.length; from += PIECE) {
                int count = Math.min(PIECE, numbers.length - from);
                if (isFirst) {
                    for (SocketChannel other : others) {
                        read(other, bytes.clear().limit(count * Float.BYTES));
                        bytes.flip();
                        for (int i = 0; i < count; i++) {
                            numbers[from + i] += bytes.getFloat();
                        }
                    }
                    for (int i = 0; i < count; i++) {
                        numbers[from + i] /= others.size() + 1;
                    }
                    for (SocketChannel other : others) {
                        bytes.clear().limit(count * Float.BYTES);
                        bytes.asFloatBuffer().put(numbers, from, count);
                        write(other, bytes);
                    }
                } else {
                    SocketChannel first = others.get(0);
                    bytes.clear().limit(count * Float.BYTES);
                    bytes.asFloatBuffer().put(numbers, from, count);
                    write(first, bytes);
                    read(first, bytes.clear().limit(count * Float.BYTES));
                    bytes.flip().asFloatBuffer().get(numbers, from, count);
                }
            }
        }
    }

    private static void write(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            var unused = channel.write(bytes);
        }
    }

    private static void read(ReadableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new IOException("another replica has gone away");
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel other : others) {
            other.close();
        }
    }
}
