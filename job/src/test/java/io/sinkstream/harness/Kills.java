package io.sinkstream.harness;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;

/**
 * A stream on a cluster of which parts are killed (SIGKILL) at random moments while rows come in. Nobody may be able to tell
 * that from what comes out: every row once, with the numbers of a run that nothing happened to.
 */
public final class Kills {
    /** What is killed. */
    public enum Victim {
        /** Spark starts another in its place, which has no caches. */
        EXECUTOR,
        /** With its executor, as a machine that is gone; another one comes. */
        WORKER,
        /** Another goes on from the checkpoint, while executors of the old one may still be about. */
        DRIVER
    }

    /** Within which time after the stream got on, at most, the next kill comes. */
    private static final Duration LONGEST_PEACE = Duration.ofSeconds(3);

    /** One in so many kills does not wait until the stream recovered from the one before. */
    private static final int ONE_IN_AT_ONCE = 4;

    private final StandaloneCluster cluster;
    private final KafkaBroker broker;
    private final Path model;
    private final Path folder;

    /**
     * On a cluster of at least two workers.
     *
     * @param folder empty, for checkpoint and output
     */
    public Kills(StandaloneCluster cluster, KafkaBroker broker, Path model, Path folder) {
        this.cluster = cluster;
        this.broker = broker;
        this.model = model;
        this.folder = folder;
    }

    /**
     * What happened.
     *
     * @param kills by what was killed
     * @param rows that were sent and committed
     * @param tokens of them
     * @param microBatches that were done in the end
     * @param unfinished kills that hit a micro-batch which was begun and not done
     * @param time from the first driver's start to the last one's end
     */
    public record Report(
            Map<Victim, Integer> kills, int rows, long tokens, long microBatches, int unfinished, Duration time) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d kills (%s), %d of them in mid micro-batch; %,d rows, %,d tokens, %,d micro-batches in %d s:"
                            + " every row once, every number the same",
                    kills.values().stream().mapToInt(Integer::intValue).sum(),
                    kills.entrySet().stream()
                            .map(kill ->
                                    kill.getValue() + " " + kill.getKey().name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", ")),
                    unfinished,
                    rows,
                    tokens,
                    microBatches,
                    time.toSeconds());
        }
    }

    /**
     * Kills these, in this order, checks what comes out, and reports.
     *
     * @param seed of the moments, and of the rows
     * @param shortest how long it goes on at least, also when all are killed
     */
    public Report run(List<Victim> victims, long seed, Duration shortest) throws Exception {
        String topic = "kills-" + Long.toUnsignedString(seed);
        broker.createTopic(topic, 3);
        Random random = new Random(seed);
        Map<Victim, Integer> kills = new EnumMap<>(Victim.class);
        int unfinished = 0;
        long start = System.nanoTime();
        List<JsonObject> rows;
        long microBatches;
        try (TopicStream stream = new TopicStream(cluster, broker, topic, model, folder);
                TransactionFeed feed = TransactionFeed.to(broker, topic, seed)) {
            stream.start();
            awaitProgress(stream);
            for (int i = 0; i < victims.size(); i++) {
                if (i == 0 || random.nextInt(ONE_IN_AT_ONCE) > 0) {
                    awaitProgress(stream);
                }
                stream.driver().run(Duration.ofMillis(random.nextInt((int) LONGEST_PEACE.toMillis())));
                unfinished += stream.log().isInMicroBatch() ? 1 : 0;
                kill(victims.get(i), stream, random);
                kills.merge(victims.get(i), 1, Integer::sum);
                System.out.printf(
                        "%d s: killed %s, %d of %d%n",
                        Duration.ofNanos(System.nanoTime() - start).toSeconds(),
                        victims.get(i).name().toLowerCase(Locale.ROOT),
                        i + 1,
                        victims.size());
            }
            Duration left = shortest.minusNanos(System.nanoTime() - start);
            if (!left.isNegative()) {
                stream.driver().run(left);
            }
            rows = feed.end();
            stream.awaitAllRows();
            stream.terminate();
            microBatches = stream.log().done() + 1;
            Duration time = Duration.ofNanos(System.nanoTime() - start);
            List<Row> expected = BatchScores.of(model, TopicStream.WINDOW, rows, folder);
            BatchScores.assertSame(stream.scored(), expected);
            long tokens = expected.stream()
                    .mapToLong(row -> row.<Integer>getAs("tokens"))
                    .sum();
            return new Report(kills, rows.size(), tokens, microBatches, unfinished, time);
        }
    }

    private static void awaitProgress(TopicStream stream) throws InterruptedException {
        long before = stream.log().done();
        stream.driver()
                .until(
                        "a micro-batch after " + before + " is done",
                        () -> stream.log().done() > before);
    }

    private void kill(Victim victim, TopicStream stream, Random random) throws Exception {
        switch (victim) {
            case EXECUTOR -> {
                stream.driver()
                        .until("there are executors", () -> !cluster.executors().isEmpty());
                drawn(cluster.executors(), random).kill();
            }
            case WORKER -> {
                drawn(cluster.workers(), random).kill();
                cluster.addWorker(1);
            }
            case DRIVER -> {
                stream.driver().kill();
                stream.start();
            }
        }
    }

    private static <T> T drawn(List<T> all, Random random) {
        return all.get(random.nextInt(all.size()));
    }

    /** So many, of all kinds in turn, in an order drawn at random. */
    public static List<Victim> victims(int count, Random random) {
        List<Victim> victims = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            victims.add(Victim.values()[i % Victim.values().length]);
        }
        Collections.shuffle(victims, random);
        return victims;
    }
}
