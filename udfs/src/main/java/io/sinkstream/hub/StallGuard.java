package io.sinkstream.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A body that ends with an error when nothing has come for too long: a read of it has no time limit of its own. */
final class StallGuard extends FilterInputStream {
    private final long patience;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sinkstream-hub");
        thread.setDaemon(true);
        return thread;
    });

    private volatile long came = System.nanoTime();
    private volatile boolean isStalled;

    StallGuard(InputStream body, Duration patience) {
        super(body);
        this.patience = patience.toNanos();
        long look = Math.max(1, this.patience / 4);
        var unused = clock.scheduleAtFixedRate(this::look, look, look, TimeUnit.NANOSECONDS);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read;
        try {
            read = in.read(buffer, offset, length);
        } catch (IOException e) {
            if (isStalled) {
                throw new IOException("nothing came for " + TimeUnit.NANOSECONDS.toSeconds(patience) + " s", e);
            }
            throw e;
        }
        came = System.nanoTime();
        return read;
    }

    private void look() {
        if (System.nanoTime() - came > patience) {
            isStalled = true;
            try {
                in.close();
            } catch (IOException e) {
                // The reader has an error of its own.
            }
        }
    }

    @Override
    public void close() throws IOException {
        clock.shutdownNow();
        super.close();
    }
}
