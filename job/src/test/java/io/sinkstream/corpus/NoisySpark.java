package io.sinkstream.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plain jobs of Spark, drawn from a seed, some of which fail if they are asked to: what {@link LogCorpus} has Spark log. */
public final class NoisySpark {
    private static final Logger LOGGER = LoggerFactory.getLogger(NoisySpark.class);

    private final OrdinaryJobs ordinary;
    private final FailingJobs failing;

    private NoisySpark(JobData data) {
        this.ordinary = new OrdinaryJobs(data);
        this.failing = new FailingJobs(data);
    }

    /** Runs: a folder, a seed, how many jobs, and kinds of jobs, of which failing ones are no more than asked for. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[1]));
        List<String> kinds = Arrays.asList(args).subList(3, args.length);
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            Path folder = Files.createDirectories(Path.of(args[0]));
            NoisySpark noisy = new NoisySpark(new JobData(spark, random, folder));
            for (int i = 0; i < Integer.parseInt(args[2]); i++) {
                String kind = kinds.get(i % kinds.size());
                LOGGER.info("Job {} is {}", i, kind);
                noisy.tryRun(kind, i);
            }
            if (kinds.contains("die")) {
                noisy.run("missing");
            }
        }
    }

    private void tryRun(String kind, int number) {
        long start = System.nanoTime();
        try {
            run(kind);
            LOGGER.info("Job {} took {} ms", number, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        } catch (Exception e) {
            LOGGER.error("Job {} ({}) failed", number, kind, e);
        }
    }

    private void run(String kind) throws Exception {
        if (kind.equals("die")) {
            LOGGER.warn("This application ends with an exception");
        } else if (OrdinaryJobs.KINDS.contains(kind)) {
            ordinary.run(kind);
        } else {
            failing.run(kind);
        }
    }
}
