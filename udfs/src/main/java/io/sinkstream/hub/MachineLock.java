package io.sinkstream.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** A file's lock among this machine's processes, and among the threads of this one, which a lock of the system does not know. */
final class MachineLock implements AutoCloseable {
    private static final Map<Path, ReentrantLock> OF_THREADS = new ConcurrentHashMap<>();

    private final ReentrantLock ofThreads;
    private final FileChannel channel;

    private MachineLock(ReentrantLock ofThreads, FileChannel channel) {
        this.ofThreads = ofThreads;
        this.channel = channel;
    }

    /** Waits for it. */
    static MachineLock take(Path file) throws IOException, InterruptedException {
        Files.createDirectories(file.getParent());
        ReentrantLock ofThreads = OF_THREADS.computeIfAbsent(file.toAbsolutePath(), path -> new ReentrantLock());
        ofThreads.lockInterruptibly();
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                channel.lock();
                return new MachineLock(ofThreads, channel);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            ofThreads.unlock();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            // Which releases it.
            channel.close();
        } finally {
            ofThreads.unlock();
        }
    }
}
