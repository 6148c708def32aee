package io.sinkstream.corpus;

import com.google.gson.JsonObject;
import io.sinkstream.harness.KafkaBroker;
import io.sinkstream.harness.QueryLog;
import io.sinkstream.harness.TopicStream;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** This project's own commands for {@link LogCorpus}: in failing runs some are refused, and some lose their input. */
final class SinkstreamScenes {
    private static final List<String> WORDS = List.of(
            "connection",
            "from",
            "client",
            "closed",
            "request",
            "took",
            "ms",
            "user",
            "logged",
            "in",
            "cache",
            "miss",
            "for",
            "key",
            "retry",
            "after",
            "timeout",
            "job",
            "started",
            "finished",
            "with",
            "status",
            "ok",
            "queue",
            "is",
            "full",
            "disk",
            "at",
            "percent");

    private final KafkaBroker broker;
    private final Path model;
    private final Path otherModel;

    /**
     * Scenes with this broker, which is the caller's.
     *
     * @param models an empty folder for two tiny models
     */
    SinkstreamScenes(KafkaBroker broker, Path models) throws IOException {
        this.broker = broker;
        this.model = TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(models.resolve("tiny-llama"));
        this.otherModel =
                TinyModels.of(Shape.llama()).seed(1).tokenizer(Prefix.BOS).write(models.resolve("tiny-llama-2"));
    }

    private Path rows(LogRun run) throws IOException {
        List<String> lines = new ArrayList<>();
        int keys = run.between(2, 30);
        int each = run.between(4, 30);
        for (int seq = 0; seq < each; seq++) {
            for (int key = 0; key < keys; key++) {
                lines.add(row("host-" + key, seq, text(run)).toString());
            }
        }
        Path input = Files.createDirectories(run.folder().resolve("input-" + run.between(1000, 9999)));
        return Files.write(input.resolve("rows.jsonl"), lines).getParent();
    }

    private static JsonObject row(String key, int seq, String text) {
        JsonObject row = new JsonObject();
        row.addProperty("key", key);
        row.addProperty("seq", seq);
        row.addProperty("text", text);
        return row;
    }

    private static String text(LogRun run) {
        StringBuilder text = new StringBuilder();
        for (int i = run.between(2, 9); i > 0; i--) {
            text.append(run.drawn(WORDS)).append(' ');
        }
        return text.append(run.random().nextInt(1000)).toString();
    }

    /** One of its commands. */
    Process command(LogRun run, List<String> options, int number) throws Exception {
        return run.isOrdinary() ? ordinary(run, options, number) : failing(run, options, number);
    }

    private List<String> score(LogRun run) throws IOException {
        return new ArrayList<>(List.of(
                "score",
                "--model",
                model.toString(),
                "--input",
                rows(run).toString(),
                "--format",
                "json",
                "--key",
                "key",
                "--order",
                "seq",
                "--attention-sink-window-size",
                "" + run.between(12, 120)));
    }

    /** One that does its work. */
    private Process ordinary(LogRun run, List<String> options, int number) throws Exception {
        Path work = run.folder();
        switch (run.random().nextInt(8)) {
            case 0, 1, 2 -> {
                List<String> score = score(run);
                score.addAll(run.drawn(List.of(
                        List.of("--output", work.resolve("scored-" + number).toString()),
                        List.of("--token-nll", "--entropy"),
                        List.of("--least-tokens", "2"),
                        List.of("--partitions", "" + run.between(2, 9)))));
                return submit(run, options, score);
            }
            case 3 -> {
                List<String> speed =
                        List.of("--chunks", "16", "--streams", "1,2", "--attention-sink-window-size", "60");
                List<String> command = new ArrayList<>(List.of("speed", "--model", model.toString()));
                command.addAll(speed);
                return submit(run, options, command);
            }
            case 4 -> {
                // A checkpoint is begun, and looked at.
                Path checkpoint = work.resolve("checkpoint-" + number);
                LogRun.end(submit(run, options, stream(run, checkpoint, rows(run), number)), LogRun.APPLICATION);
                return submit(
                        run, List.of("--master", "local[1]"), List.of("state", "--checkpoint", checkpoint.toString()));
            }
            case 5, 6 -> {
                return submit(run, options, stream(run, work.resolve("checkpoint-" + number), rows(run), number));
            }
            default -> {
                String topic = topic(run);
                send(run, topic, 0);
                List<String> stream = kafka(run, number, broker.servers(), topic);
                stream.addAll(List.of("--trigger", "available-now"));
                return submit(run, options, stream);
            }
        }
    }

    /** One that is refused, or that loses what it reads. */
    private Process failing(LogRun run, List<String> options, int number) throws Exception {
        Path work = run.folder();
        switch (run.random().nextInt(5)) {
            case 0 -> {
                // A model that is not there, an option or a column that is not.
                List<String> score = score(run);
                score.addAll(run.drawn(List.of(
                        List.of("--text", "message"),
                        List.of("--windw", "3"),
                        List.of("--attention-sink-size", "-1"))));
                if (run.random().nextBoolean()) {
                    score.set(2, work.resolve("models/none").toString());
                }
                return submit(run, options, score);
            }
            case 1 -> {
                // A checkpoint is begun, looked at, and refused with another model.
                Path checkpoint = work.resolve("checkpoint-" + number);
                List<String> stream = stream(run, checkpoint, rows(run), number);
                LogRun.end(submit(run, options, stream), LogRun.APPLICATION);
                Process state = submit(
                        run, List.of("--master", "local[1]"), List.of("state", "--checkpoint", checkpoint.toString()));
                LogRun.end(state, LogRun.APPLICATION);
                stream.set(stream.indexOf("--model") + 1, otherModel.toString());
                return submit(run, options, stream);
            }
            case 2 -> {
                if (run.random().nextBoolean()) {
                    return topic(run, options, number, (driver, topic) -> broker.deleteTopic(topic));
                }
                return topic(run, options, number, (driver, topic) -> driver.destroy());
            }
            case 3 -> {
                // No broker answers at this port.
                List<String> stream = kafka(run, number, "127.0.0.1:" + LogRun.freePort(), "nowhere");
                stream.addAll(List.of(
                        "--option", "kafka.default.api.timeout.ms=4000", "--option", "kafka.request.timeout.ms=2000"));
                stream.addAll(List.of("--option", "fetchOffset.numRetries=1"));
                return submit(run, options, stream);
            }
            default -> {
                return submit(run, options, kafka(run, number, broker.servers(), "never-made-" + run.between(1, 99)));
            }
        }
    }

    private static Process submit(LogRun run, List<String> options, List<String> command) throws IOException {
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of("--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4"));
        arguments.addAll(List.of(
                "--class", "io.sinkstream.job.Sinkstream", run.spark().jar().toString()));
        arguments.addAll(command);
        return run.spark(
                "sinkstream-" + command.get(0),
                2,
                run.configs().spark(run.configs().drawnLevel()),
                "org.apache.spark.deploy.SparkSubmit",
                arguments);
    }

    private List<String> stream(LogRun run, Path checkpoint, Path input, int number) {
        return new ArrayList<>(List.of(
                "stream",
                "score",
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "" + run.between(12, 60),
                "--format",
                "json",
                "--input",
                input.toString(),
                "--schema",
                "key STRING, seq BIGINT, text STRING",
                "--key",
                "key",
                "--order",
                "seq",
                "--checkpoint",
                checkpoint.toString(),
                "--output",
                run.folder().resolve("streamed-" + number).toString(),
                "--partitions",
                "3",
                "--trigger",
                "available-now"));
    }

    private List<String> kafka(LogRun run, int number, String servers, String topic) {
        return new ArrayList<>(List.of(
                "stream",
                "score",
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "" + run.between(12, 60),
                "--format",
                "kafka",
                "--schema",
                "seq BIGINT, text STRING",
                "--checkpoint",
                run.folder().resolve("checkpoint-" + number).toString(),
                "--output",
                run.folder().resolve("streamed-" + number).toString(),
                "--partitions",
                "" + run.between(2, 5),
                "--option",
                "kafka.bootstrap.servers=" + servers,
                "--option",
                "subscribe=" + topic,
                "--option",
                "startingOffsets=earliest"));
    }

    private String topic(LogRun run) {
        String topic = run.drawn(List.of("logs", "chat", "audit", "mail")) + "-" + run.between(1, 1_000_000);
        broker.createTopic(topic, run.between(1, 4));
        return topic;
    }

    private void send(LogRun run, String topic, int from) {
        List<JsonObject> rows = new ArrayList<>();
        for (int n = run.between(5, 60); n > 0; n--) {
            rows.add(row("user-" + run.between(1, 9), from + n, text(run)));
        }
        broker.send(topic, rows.stream().map(TopicStream::outgoing).toList());
    }

    /** A stream of a topic that grows, and what ends it. */
    private Process topic(LogRun run, List<String> options, int number, BiConsumer<Process, String> end)
            throws Exception {
        String topic = topic(run);
        Process driver = submit(run, options, kafka(run, number, broker.servers(), topic));
        QueryLog log = new QueryLog(run.folder().resolve("checkpoint-" + number));
        for (int i = 0; i < 4; i++) {
            send(run, topic, i * 100);
            long before = log.done();
            if (!LogRun.await(driver, LogRun.PATIENCE, () -> log.done() > before)) {
                return driver;
            }
        }
        end.accept(driver, topic);
        LogRun.end(driver, LogRun.PATIENCE);
        return driver;
    }

    /** A stream of a topic that is deleted while it is read. */
    void vanishingTopic(LogRun run) throws Exception {
        topic(run, List.of("--master", "local[2]"), 0, (driver, topic) -> broker.deleteTopic(topic));
    }
}
