package io.sinkstream.corpus;

import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Console;
import scala.runtime.BoxedUnit;

/**
 * Programs one behind the other in one JVM, each with a log of its own: most of what a short program costs is a JVM's
 * beginning.
 */
final class NoisySeries {
    private static final Logger LOGGER = LoggerFactory.getLogger(NoisySpark.class);

    private NoisySeries() {}

    /**
     * Runs: a file, of which each line is a program: a configuration of log4j2, the log, which has what is printed, too, what
     * the program is and its arguments, with tabs between.
     */
    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            List<String> words = Arrays.asList(line.split("\t", -1));
            Configurator.reconfigure(Path.of(words.get(0)).toUri());
            try (PrintStream log =
                    new PrintStream(new FileOutputStream(words.get(1), true), true, StandardCharsets.UTF_8)) {
                Console.withOut(log, () -> {
                    run(words.get(2), words.subList(3, words.size()).toArray(String[]::new));
                    return BoxedUnit.UNIT;
                });
            }
        }
        // Some of them leave threads that are no daemons.
        System.exit(0);
    }

    private static void run(String program, String[] arguments) {
        try {
            switch (program) {
                case "spark" -> spark(arguments);
                case "kafka" -> NoisyKafka.main(arguments);
                case "zookeeper" -> NoisyZooKeeper.main(arguments);
                case "hdfs" -> NoisyHdfs.main(arguments);
                default -> throw new IllegalArgumentException(program);
            }
        } catch (Exception e) {
            LOGGER.error("Failed", e);
        }
    }

    /** The first argument is the application's settings, with commas between. */
    private static void spark(String[] arguments) throws Exception {
        SparkSession.Builder builder = SparkSession.builder();
        for (String setting : arguments[0].split(",", -1)) {
            String[] both = setting.split("=", 2);
            builder.config(both[0], both[1]);
        }
        builder.getOrCreate();
        NoisySpark.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }
}
