package io.sinkstream.corpus;

import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.KafkaBroker.Outgoing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and clients that come and go and, if they are to, get things wrong, drawn from a seed: what
 * {@link LogCorpus} has Kafka log.
 */
final class NoisyKafka {
    private static final Logger LOGGER = LoggerFactory.getLogger("org.apache.kafka.clients.NoisyKafka");

    private static final List<String> NAMES = List.of(
            "orders",
            "clicks",
            "logs",
            "metrics",
            "audit",
            "payments",
            "sessions",
            "events",
            "alerts",
            "traces",
            "mail",
            "chat");

    /** Kinds of things that happen and are no failure: the first so many. */
    static final int ORDINARY = 8;

    /** All kinds. */
    static final int ALL = 14;

    private final KafkaBroker broker;
    private final Random random;
    private final List<String> topics = new ArrayList<>();

    private NoisyKafka(KafkaBroker broker, Random random) {
        this.broker = broker;
        this.random = random;
    }

    /** Runs: a folder, a seed, how many things happen, and of how many kinds: {@link #ORDINARY} or {@link #ALL}. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[1]));
        try (KafkaBroker broker = KafkaBroker.start(Path.of(args[0]))) {
            NoisyKafka noisy = new NoisyKafka(broker, random);
            noisy.create();
            for (int i = 0; i < Integer.parseInt(args[2]); i++) {
                try {
                    noisy.happen(random.nextInt(Integer.parseInt(args[3])));
                } catch (KafkaException | ExecutionException e) {
                    LOGGER.error("Step {} failed", i, e);
                }
            }
        }
    }

    private void create() {
        String topic = NAMES.get(random.nextInt(NAMES.size())) + "-" + random.nextInt(1000);
        if (!topics.contains(topic)) {
            broker.createTopic(topic, 1 + random.nextInt(5));
            topics.add(topic);
        }
    }

    private String topic() {
        return topics.get(random.nextInt(topics.size()));
    }

    private List<Outgoing> rows() {
        List<Outgoing> rows = new ArrayList<>();
        for (int i = random.nextInt(60); i >= 0; i--) {
            rows.add(new Outgoing("k" + random.nextInt(9), Long.toString(random.nextLong(), Character.MAX_RADIX)));
        }
        return rows;
    }

    private void happen(int what) throws Exception {
        switch (what) {
            case 0, 1 -> create();
            case 2 -> broker.send(topic(), rows());
            case 3, 4 -> broker.sendCommitted(topic(), rows());
            case 5, 6, 7 -> consume(topic(), "group-" + random.nextInt(20), 1 + random.nextInt(3));
            case 8 -> broker.sendAborted(topic(), rows());
            case 9 -> {
                if (topics.size() > 1) {
                    broker.deleteTopic(topics.remove(random.nextInt(topics.size())));
                } else {
                    broker.growTopic(topic(), 6 + random.nextInt(3));
                }
            }
            case 10 -> fence("sink-" + random.nextInt(100));
            case 11 -> oversized(topic());
            case 12 -> unknown("nowhere-" + random.nextInt(100));
            default -> beyond(topic());
        }
    }

    /** A group whose members join one by one and leave. */
    private void consume(String topic, String group, int members) {
        List<KafkaConsumer<String, String>> all = new ArrayList<>();
        try {
            for (int i = 0; i < members; i++) {
                KafkaConsumer<String, String> consumer = consumer(Map.of(
                        "group.id",
                        group,
                        "client.id",
                        group + "-" + i,
                        "session.timeout.ms",
                        "6000",
                        "heartbeat.interval.ms",
                        "500"));
                all.add(consumer);
                consumer.subscribe(List.of(topic));
                for (int poll = 0; poll < 4; poll++) {
                    all.forEach(one -> LOGGER.debug(
                            "{} rows", one.poll(Duration.ofMillis(100)).count()));
                }
            }
            all.get(0).commitSync();
        } finally {
            all.forEach(KafkaConsumer::close);
        }
    }

    private KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", broker.servers());
        settings.put("auto.offset.reset", random.nextBoolean() ? "earliest" : "latest");
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    private KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", broker.servers());
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    /** Two producers of one transactional id: the second one takes it away from the first. */
    private void fence(String id) throws ExecutionException, InterruptedException {
        try (KafkaProducer<String, String> first = producer(Map.of("transactional.id", id, "client.id", id + "-a"));
                KafkaProducer<String, String> second =
                        producer(Map.of("transactional.id", id, "client.id", id + "-b"))) {
            first.initTransactions();
            first.beginTransaction();
            first.send(new ProducerRecord<>(topic(), "k", "v")).get();
            second.initTransactions();
            first.commitTransaction();
        }
    }

    private void oversized(String topic) throws ExecutionException, InterruptedException {
        try (KafkaProducer<String, String> producer = producer(Map.of("max.request.size", "9000000"))) {
            producer.send(new ProducerRecord<>(topic, "k", "x".repeat(1_100_000 + random.nextInt(1_000_000))))
                    .get();
        }
    }

    private void unknown(String topic) throws ExecutionException, InterruptedException {
        try (KafkaProducer<String, String> producer = producer(Map.of("max.block.ms", "700"))) {
            producer.send(new ProducerRecord<>(topic, "k", "v")).get();
        }
    }

    /** Reads from an offset that is not there. */
    private void beyond(String topic) {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, 1_000_000 + random.nextInt(1000));
            LOGGER.info("{} rows", consumer.poll(Duration.ofMillis(500)).count());
        }
    }
}
