package io.sinkstream.harness;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Sends rows to a topic, a transaction at a time, until it is closed. Some transactions are aborted, and their rows must
 * never come out. The order, the size and the keys of rows are drawn from a seed; how many there are depends on how long it
 * runs.
 */
final class TransactionFeed implements AutoCloseable {
    private static final Duration BETWEEN = Duration.ofMillis(250);
    private static final int KEYS = 24;
    private static final int MOST_ROWS = 30;
    private static final int ONE_IN_ABORTED = 6;

    private final KafkaBroker broker;
    private final String topic;
    private final Random random;
    private final int[] next = new int[KEYS];
    private final List<JsonObject> committed = Collections.synchronizedList(new ArrayList<>());
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> sending;

    private TransactionFeed(KafkaBroker broker, String topic, long seed) {
        this.broker = broker;
        this.topic = topic;
        this.random = new Random(seed);
        this.sending = thread.scheduleWithFixedDelay(this::send, 0, BETWEEN.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Starts to send. */
    static TransactionFeed to(KafkaBroker broker, String topic, long seed) {
        return new TransactionFeed(broker, topic, seed);
    }

    /** Sends no more, and returns all rows that were committed. */
    List<JsonObject> end() throws InterruptedException, ExecutionException {
        close();
        if (!sending.isCancelled()) {
            // It ended by itself, which it does by a failure only.
            sending.get();
        }
        return List.copyOf(committed);
    }

    private void send() {
        boolean isAborted = random.nextInt(ONE_IN_ABORTED) == 0;
        int[] seq = isAborted ? next.clone() : next;
        List<JsonObject> rows = new ArrayList<>();
        for (int i = random.nextInt(MOST_ROWS); i >= 0; i--) {
            int key = Math.min(random.nextInt(KEYS), random.nextInt(KEYS));
            JsonObject row = new JsonObject();
            row.addProperty("key", "k" + key);
            row.addProperty("seq", seq[key]++);
            row.addProperty("text", Long.toString(random.nextLong() >>> random.nextInt(60), Character.MAX_RADIX));
            rows.add(row);
        }
        var outgoing = rows.stream().map(TopicStream::outgoing).toList();
        if (isAborted) {
            broker.sendAborted(topic, outgoing);
        } else {
            broker.sendCommitted(topic, outgoing);
            committed.addAll(rows);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("a transaction does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
