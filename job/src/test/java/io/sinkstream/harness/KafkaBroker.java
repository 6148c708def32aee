package io.sinkstream.harness;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A Kafka of one broker in this JVM, which is its own controller. Other JVMs of this machine reach it too. The test closes
 * it; its files are the caller's to delete.
 */
public final class KafkaBroker implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String HOST = "127.0.0.1";
    private static final int NODE = 1;

    /**
     * A row that was written.
     *
     * @param partition of the topic
     * @param offset in the partition
     * @param key UTF-8; may be null
     * @param value UTF-8; may be null
     */
    public record Message(int partition, long offset, String key, String value) {}

    /**
     * A row to be written.
     *
     * @param key decides on the partition; null leaves that to the client
     * @param value null is a tombstone
     */
    public record Outgoing(String key, String value) {}

    private final KafkaRaftServer server;
    private final String servers;
    private final Admin admin;

    private KafkaBroker(KafkaRaftServer server, String servers) {
        this.server = server;
        this.servers = servers;
        this.admin = Admin.create(Map.of("bootstrap.servers", servers));
    }

    /** Starts an empty one, which keeps its files in an empty folder, and waits until it answers. */
    public static KafkaBroker start(Path folder) throws Exception {
        Path data = Files.createDirectories(folder.resolve("kafka"));
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), true))
                .setNodeId(NODE)
                .setClusterId(Uuid.randomUuid().toString())
                .setControllerListenerName("CONTROLLER")
                .setMetadataLogDirectory(data.toString())
                .addDirectory(data.toString())
                .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                .run();
        String clients = HOST + ":" + Ports.free();
        String controller = HOST + ":" + Ports.free();
        KafkaRaftServer server = new KafkaRaftServer(
                new KafkaConfig(
                        Map.ofEntries(
                                Map.entry("process.roles", "broker,controller"),
                                Map.entry("node.id", "" + NODE),
                                Map.entry("log.dirs", data.toString()),
                                Map.entry("listeners", "CLIENTS://" + clients + ",CONTROLLER://" + controller),
                                Map.entry("advertised.listeners", "CLIENTS://" + clients),
                                Map.entry("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT"),
                                Map.entry("inter.broker.listener.name", "CLIENTS"),
                                Map.entry("controller.listener.names", "CONTROLLER"),
                                Map.entry("controller.quorum.voters", NODE + "@" + controller),
                                // A misspelt topic is an error, not a new topic.
                                Map.entry("auto.create.topics.enable", "false"),
                                // One broker holds all replicas of its own topics, and needs few of their partitions.
                                Map.entry("offsets.topic.replication.factor", "1"),
                                Map.entry("offsets.topic.num.partitions", "1"),
                                Map.entry("transaction.state.log.replication.factor", "1"),
                                Map.entry("transaction.state.log.min.isr", "1"),
                                Map.entry("transaction.state.log.num.partitions", "1"),
                                Map.entry("group.initial.rebalance.delay.ms", "0"),
                                // The default takes 128 MiB of the tests' heap.
                                Map.entry("log.cleaner.dedupe.buffer.size", "2097152")),
                        false),
                Time.SYSTEM);
        server.startup();
        KafkaBroker broker = new KafkaBroker(server, clients);
        try {
            broker.admin.describeCluster().nodes().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return broker;
        } catch (Exception e) {
            broker.close();
            throw e;
        }
    }

    /** What {@code kafka.bootstrap.servers} is set to. */
    public String servers() {
        return servers;
    }

    /** Makes a topic, and waits until it can be written and read. */
    public void createTopic(String name, int partitions) {
        done(admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                .all());
        awaitTopic(name, partitions);
    }

    /** Deletes a topic, and waits until it is gone. */
    public void deleteTopic(String name) {
        done(admin.deleteTopics(List.of(name)).all());
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (done(admin.listTopics().names()).contains(name)) {
            failAfter(deadline, "topic " + name + " is still there");
        }
    }

    /** Adds empty partitions to a topic, {@code partitions} in all, and waits until they can be written and read. */
    public void growTopic(String name, int partitions) {
        done(admin.createPartitions(Map.of(name, NewPartitions.increaseTo(partitions)))
                .all());
        awaitTopic(name, partitions);
    }

    /** Writes rows in their order; they are there when this returns. */
    public void send(String topic, List<Outgoing> rows) {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            write(producer, topic, rows);
        }
    }

    /** Writes rows that readers of committed rows see all at once. */
    public void sendCommitted(String topic, List<Outgoing> rows) {
        inTransaction(topic, rows, KafkaProducer::commitTransaction);
    }

    /** Writes rows that only readers of uncommitted rows ever see. */
    public void sendAborted(String topic, List<Outgoing> rows) {
        inTransaction(topic, rows, KafkaProducer::abortTransaction);
    }

    /** All rows of a topic that a reader of committed rows sees now, by partition and offset. */
    public List<Message> messages(String topic) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", servers, "isolation.level", "read_committed", "enable.auto.commit", "false");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            Set<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .collect(Collectors.toSet());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<Message> messages = new ArrayList<>();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                failAfter(deadline, "topic " + topic + " can't be read to its end");
                for (ConsumerRecord<String, String> row : consumer.poll(Duration.ofMillis(100))) {
                    if (row.offset() < ends.get(new TopicPartition(topic, row.partition()))) {
                        messages.add(new Message(row.partition(), row.offset(), row.key(), row.value()));
                    }
                }
            }
            messages.sort(Comparator.comparingInt(Message::partition).thenComparingLong(Message::offset));
            return messages;
        }
    }

    /** Where the next row of each of a topic's partitions goes, behind all that was committed. */
    public Map<Integer, Long> ends(String topic) {
        int partitions = done(admin.describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions()
                .size();
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            asked.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        Map<Integer, Long> ends = new HashMap<>();
        done(admin.listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                        .all())
                .forEach((partition, end) -> ends.put(partition.partition(), end.offset()));
        return ends;
    }

    @Override
    public void close() {
        try {
            admin.close(Duration.ofSeconds(1));
        } finally {
            server.shutdown();
            server.awaitShutdown();
        }
    }

    private void awaitTopic(String name, int partitions) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!knows(name, partitions)) {
            failAfter(deadline, "no topic " + name + " of " + partitions + " partitions");
        }
    }

    /**
     * Whether the broker, not only the controller, knows a topic with that many partitions, and leads them: what is written
     * before that is refused and sent again, some of it out of its order.
     */
    private boolean knows(String topic, int partitions) {
        try {
            return ends(topic).size() == partitions;
        } catch (UnknownTopicOrPartitionException | NotLeaderOrFollowerException | LeaderNotAvailableException e) {
            return false;
        }
    }

    private KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", servers);
        // What is refused is sent again before what comes after it.
        settings.put("max.in.flight.requests.per.connection", 1);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private void inTransaction(String topic, List<Outgoing> rows, Consumer<KafkaProducer<String, String>> end) {
        // An id of its own: transactions of one id fence each other.
        try (KafkaProducer<String, String> producer =
                producer(Map.of("transactional.id", Uuid.randomUuid().toString()))) {
            producer.initTransactions();
            producer.beginTransaction();
            write(producer, topic, rows);
            end.accept(producer);
        }
    }

    private static void write(KafkaProducer<String, String> producer, String topic, List<Outgoing> rows) {
        List<Future<?>> written = new ArrayList<>();
        for (Outgoing row : rows) {
            written.add(producer.send(new ProducerRecord<>(topic, row.key(), row.value())));
        }
        producer.flush();
        written.forEach(KafkaBroker::done);
    }

    private static <T> T done(Future<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException said ? said : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("Kafka did not answer within " + PATIENCE, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void failAfter(long deadline, String what) {
        if (System.nanoTime() > deadline) {
            throw new IllegalStateException(what + " after " + PATIENCE);
        }
    }
}
