package io.sinkstream.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Configurations of log4j2 for the programs of one run: layouts, levels and loggers are drawn. */
final class LogConfigs {
    /** Most logs are in Spark's own. */
    private static final List<String> SPARK_LAYOUTS = List.of(
            "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex",
            "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex",
            "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex",
            "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex",
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %-5p [%t] %c{1.}: %m%n%xEx",
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %-5p [%t] %c{1.}: %m%n%xEx",
            "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%t] %c: %m%n%ex",
            "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%t] %c: %m%n%ex",
            "%d{HH:mm:ss.SSS} [%t] %-5p %c{1} - %m%n%xEx",
            "%d{HH:mm:ss.SSS} [%t] %-5p %c{1} - %m%n%xEx",
            "%d{yyyy-MM-dd HH:mm:ss} %p %c{2}: %m%n%ex",
            "%d{yy/MM/dd HH:mm:ss.SSS} %p %c{1} [%t]: %m%n%ex",
            "%p %d{yyyy-MM-dd'T'HH:mm:ss,SSS} %c{1} %m%n%ex",
            "%d{MMM dd HH:mm:ss} node-7 spark[%pid]: %p %c{1}: %m%n%ex",
            "[%-5p] %d{dd/MM/yyyy HH:mm:ss} (%c{1}) %m%n%ex",
            "%d{UNIX_MILLIS} %p %c{3} - %m%n%ex",
            "%d{yyyy-MM-dd HH:mm:ss.SSSXXX}|%p|%t|%c{1}|%m%n%ex",
            "classpath:org/apache/spark/SparkLayout.json",
            "classpath:EcsLayout.json");

    private static final List<String> KAFKA_LAYOUTS = List.of(
            "[%d{yyyy-MM-dd HH:mm:ss,SSS}] %p %m (%c)%n%ex",
            "[%d{yyyy-MM-dd HH:mm:ss,SSS}] %p %m (%c)%n%ex",
            "[%d{yyyy-MM-dd HH:mm:ss,SSS}] %p %m (%c)%n%ex",
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5p [%t] %c{2} - %m%n%ex",
            "%d{yyyy-MM-dd HH:mm:ss,SSS} [myid:1] - %-5p [%t:%C{1}@%L] - %m%n%ex",
            "%d{yyyy-MM-dd HH:mm:ss,SSS} %p %c{2}: %m%n%ex",
            "%d{yyyy-MM-dd HH:mm:ss,SSS} %p %c: %m%n%ex",
            "%d{yyMMdd HHmmss} %pid %p %c{2}: %m%n%ex");

    /** What is worth hearing more of, and does not drown all else. */
    private static final List<String> SPARK_DETAILS = List.of(
            "org.apache.spark.scheduler",
            "org.apache.spark.storage",
            "org.apache.spark.sql.execution.streaming",
            "org.apache.spark.shuffle",
            "org.apache.spark.deploy",
            "org.apache.spark.executor",
            "org.apache.spark.memory",
            "org.apache.spark.network",
            "org.apache.hadoop.fs");

    private static final List<String> SERVER_DETAILS = List.of(
            "kafka.server",
            "kafka.log",
            "kafka.coordinator",
            "org.apache.kafka.controller",
            "org.apache.kafka.image",
            "org.apache.kafka.coordinator.group",
            "org.apache.kafka.raft",
            "org.apache.zookeeper.server",
            "org.apache.hadoop.hdfs.server.blockmanagement",
            "BlockStateChange");

    private final Path folder;
    private final Random random;
    private int count;

    /**
     * For one run.
     *
     * @param folder where the files go
     */
    LogConfigs(Path folder, Random random) {
        this.folder = folder;
        this.random = random;
    }

    private String drawn(List<String> all) {
        return all.get(random.nextInt(all.size()));
    }

    /** A level as most programs have it, or another one. */
    String drawnLevel() {
        int draw = random.nextInt(20);
        return draw < 5 ? "debug" : draw < 7 ? "warn" : "info";
    }

    /** Of one of Spark's programs, on standard error. */
    Path spark(String level) throws IOException {
        return write(lines(level, drawn(SPARK_LAYOUTS), SPARK_DETAILS));
    }

    /** Of a server on standard error. */
    Path server(String level) throws IOException {
        return write(lines(level, drawn(KAFKA_LAYOUTS), SERVER_DETAILS));
    }

    /** Of one of Spark's programs, in a file. */
    Path spark(String level, Path log) throws IOException {
        return write(inFile(lines(level, drawn(SPARK_LAYOUTS), SPARK_DETAILS), log));
    }

    /** Of a server, in a file. */
    Path server(String level, Path log) throws IOException {
        return write(inFile(lines(level, drawn(KAFKA_LAYOUTS), SERVER_DETAILS), log));
    }

    private static List<String> inFile(List<String> lines, Path log) {
        lines.remove("appender.console.target = SYSTEM_ERR");
        lines.set(lines.indexOf("appender.console.type = Console"), "appender.console.type = File");
        lines.add("appender.console.fileName = " + log);
        return lines;
    }

    /** Of a Kafka broker on standard error, and its clients in a file of their own. */
    Path kafka(String level, Path clients) throws IOException {
        String layout = drawn(KAFKA_LAYOUTS);
        List<String> lines = lines(level, layout, SERVER_DETAILS);
        lines.addAll(List.of(
                "appender.clients.type = File",
                "appender.clients.name = clients",
                "appender.clients.fileName = " + clients,
                "appender.clients.layout.type = PatternLayout",
                "appender.clients.layout.pattern = " + layout,
                "logger.clients.name = org.apache.kafka.clients",
                "logger.clients.additivity = false",
                "logger.clients.appenderRef.clients.ref = clients",
                "logger.clients.level = " + (level.equals("debug") ? "info" : level)));
        return write(lines);
    }

    private Path write(List<String> lines) throws IOException {
        return Files.write(folder.resolve("log4j2-" + count++ + ".properties"), lines);
    }

    private List<String> lines(String level, String layout, List<String> details) {
        List<String> lines = new ArrayList<>(List.of(
                "status = error",
                "appender.console.type = Console",
                "appender.console.name = console",
                "appender.console.target = SYSTEM_ERR",
                "rootLogger.level = " + (level.equals("debug") ? "info" : level),
                "rootLogger.appenderRef.console.ref = console",
                "logger.sinkstream.name = io.sinkstream",
                "logger.sinkstream.level = info"));
        boolean isJson = layout.startsWith("classpath:");
        lines.add("appender.console.layout.type = " + (isJson ? "JsonTemplateLayout" : "PatternLayout"));
        lines.add("appender.console.layout." + (isJson ? "eventTemplateUri" : "pattern") + " = " + layout);
        if (random.nextInt(4) > 0) {
            // Each client begins with a page of its configuration.
            lines.addAll(List.of(
                    "logger.configurations.name = org.apache.kafka.common.config",
                    "logger.configurations.level = warn"));
            for (String client :
                    List.of("producer.ProducerConfig", "consumer.ConsumerConfig", "admin.AdminClientConfig")) {
                lines.add("logger." + client.replace('.', '_') + ".name = org.apache.kafka.clients." + client);
                lines.add("logger." + client.replace('.', '_') + ".level = warn");
            }
        }
        if (random.nextInt(6) > 0) {
            // Its native library's configuration, a page a partition.
            lines.addAll(List.of(
                    "logger.rocks.name = org.apache.spark.sql.execution.streaming.state", "logger.rocks.level = warn"));
        }
        if (level.equals("debug")) {
            for (String logger : List.of("one", "two", "three")) {
                lines.add("logger." + logger + ".name = " + drawn(details));
                lines.add("logger." + logger + ".level = debug");
            }
        }
        return lines;
    }
}
