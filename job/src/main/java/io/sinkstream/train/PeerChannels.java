package io.sinkstream.train;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Waits for other machines, and looks up every second. One that is gone without a word would be waited for without end: Spark misses
 * it, by its heartbeats, and marks the tasks that are to end, but wakes none of them.
 *
 * <p>For one thread. Owns what it opened and let in.
 */
final class PeerChannels implements AutoCloseable {
    private static final long LOOK_MILLIS = 1_000;

    private final Selector selector;
    private final Runnable look;

    /** @param look throws if there is nothing left to wait for */
    PeerChannels(Runnable look) throws IOException {
        this.selector = Selector.open();
        this.look = look;
    }

    /** A server on any port of this machine's {@code host}. */
    ServerSocketChannel server(String host) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.bind(new InetSocketAddress(host, 0)).configureBlocking(false);
            server.register(selector, 0);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    SocketChannel connect(InetSocketAddress address) throws IOException {
        return own(SocketChannel.open(address));
    }

    SocketChannel accept(ServerSocketChannel server) throws IOException {
        SocketChannel channel = server.accept();
        while (channel == null) {
            await(server, SelectionKey.OP_ACCEPT);
            channel = server.accept();
        }
        return own(channel);
    }

    private SocketChannel own(SocketChannel channel) throws IOException {
        try {
            channel.configureBlocking(false);
            channel.register(selector, 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Writes all that remains. */
    void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                await(channel, SelectionKey.OP_WRITE);
            }
        }
    }

    /** Fills what remains. */
    void read(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes);
            if (count < 0) {
                throw new IOException("another replica has gone away");
            }
            if (count == 0) {
                await(channel, SelectionKey.OP_READ);
            }
        }
    }

    private void await(SelectableChannel channel, int operation) throws IOException {
        SelectionKey key = channel.keyFor(selector);
        key.interestOps(operation);
        try {
            while (selector.select(LOOK_MILLIS) == 0) {
                look.run();
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted while another replica was waited for");
                }
            }
        } finally {
            selector.selectedKeys().clear();
            key.interestOps(0);
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
