package io.sinkstream.train;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The mean of what all replicas hold, by way of the first one: the others send it theirs and get the mean back. A replica that
 * goes away makes every other one fail, and with it the barrier stage, which Spark then runs again from the last state.
 */
final class Averaging implements AutoCloseable {
    private static final int PIECE = 1 << 16;
    private static final int SECRET = 16;

    private final PeerChannels channels;
    private final List<SocketChannel> others;
    private final boolean isFirst;

    private Averaging(PeerChannels channels, List<SocketChannel> others, boolean isFirst) {
        this.channels = channels;
        this.others = others;
        this.isFirst = isFirst;
    }

    /**
     * Meets the other replicas.
     *
     * @param gather tells all replicas what each says, in their order
     * @param host what the others reach this machine under
     * @param look called every second while another replica is waited for, here and later; throws if that is in vain
     */
    static Averaging join(int rank, int replicas, String host, UnaryOperator<String[]> gather, Runnable look)
            throws IOException {
        PeerChannels channels = new PeerChannels(look);
        try {
            if (replicas == 1) {
                return new Averaging(channels, List.of(), true);
            }
            return rank == 0
                    ? new Averaging(channels, host(channels, replicas, host, gather), true)
                    : new Averaging(channels, List.of(visit(channels, rank, gather)), false);
        } catch (IOException | RuntimeException e) {
            channels.close();
            throw e;
        }
    }

    private static SocketChannel visit(PeerChannels channels, int rank, UnaryOperator<String[]> gather)
            throws IOException {
        String[] told = gather.apply(new String[] {""})[0].split(" ", 3);
        SocketChannel channel = channels.connect(new InetSocketAddress(told[0], Integer.parseInt(told[1])));
        ByteBuffer hello = ByteBuffer.allocate(SECRET + Integer.BYTES);
        hello.put(HexFormat.of().parseHex(told[2])).putInt(rank).flip();
        channels.write(channel, hello);
        return channel;
    }

    private static List<SocketChannel> host(
            PeerChannels channels, int replicas, String host, UnaryOperator<String[]> gather) throws IOException {
        byte[] secret = new byte[SECRET];
        new SecureRandom().nextBytes(secret);
        SocketChannel[] byRank = new SocketChannel[replicas];
        try (ServerSocketChannel server = channels.server(host)) {
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            var unused = gather.apply(
                    new String[] {host + " " + port + " " + HexFormat.of().formatHex(secret)});
            for (int met = 1; met < replicas; ) {
                SocketChannel channel = channels.accept(server);
                ByteBuffer hello = ByteBuffer.allocate(SECRET + Integer.BYTES);
                channels.read(channel, hello);
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
        }
        // The sum's order must not depend on who came first.
        return Arrays.asList(byRank).subList(1, replicas);
    }

    /** Replaces all numbers by their mean over the replicas. All replicas call it at the same step. */
    void average(List<float[]> all) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(PIECE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] numbers : all) {
            for (int from = 0; from < numbers.length; from += PIECE) {
                int count = Math.min(PIECE, numbers.length - from);
                if (isFirst) {
                    gather(numbers, from, count, bytes);
                } else {
                    exchange(numbers, from, count, bytes);
                }
            }
        }
    }

    private void gather(float[] numbers, int from, int count, ByteBuffer bytes) throws IOException {
        for (SocketChannel other : others) {
            channels.read(other, bytes.clear().limit(count * Float.BYTES));
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
            channels.write(other, bytes);
        }
    }

    private void exchange(float[] numbers, int from, int count, ByteBuffer bytes) throws IOException {
        SocketChannel first = others.get(0);
        bytes.clear().limit(count * Float.BYTES);
        bytes.asFloatBuffer().put(numbers, from, count);
        channels.write(first, bytes);
        channels.read(first, bytes.clear().limit(count * Float.BYTES));
        bytes.flip().asFloatBuffer().get(numbers, from, count);
    }

    @Override
    public void close() throws IOException {
        channels.close();
    }
}
