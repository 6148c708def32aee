package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.sinkstream.harness.Driver;
import io.sinkstream.harness.InstalledSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A text on which small models come to need a first token within minutes, if their MLP is narrow:
 * {@code mvn -B verify -Psinks}. No part of the ordinary build. What it found is in {@code job/target/sinks}.
 *
 * <p>The text is the Bigram-Backcopy task (Guo et al. 2024, arXiv 2410.13835, section 2): a token follows its predecessor by a
 * table of bigrams, but after one of a few triggers comes what stood before it. So one head has to look one token back at
 * triggers, and has nothing to look for everywhere else. Every sample begins with the same token, which is in no other place and
 * is never predicted: a model that learned to predict it at the end of a sample would do so wherever a held sink stands.
 */
@Tag("sinks")
final class SinkTrial {
    /** In front of every sample, and of every held-out stream. */
    private static final int FIRST = 0;

    private static final int TRIGGERS = 3;
    private static final int TOKENS = 33;

    /** The chances of what follows a token that is no trigger: four others, drawn once for each. */
    private static final double[] CHANCES = {0.5, 0.25, 0.15, 0.1};

    private static final int CONTEXT = 128;
    private static final int SAMPLES = 8000;
    private static final int HELD_OUT_STREAMS = 8;
    private static final int HELD_OUT_TOKENS = 4096;

    private final Random random = new Random(1);
    private final int[][] followers = new int[TOKENS][];
    private long draws;

    @Test
    void bigramBackcopy() throws Exception {
        InstalledSpark spark = InstalledSpark.ofThisBuild();
        Path folder = spark.project().resolve("job/target/sinks");
        if (Files.exists(folder)) {
            InstalledSpark.deleteUnder(folder, file -> true);
        }
        Files.createDirectories(folder);
        double least = Math.exp(write(folder));
        List<String> command = new ArrayList<>(List.of("train", "--compare", "sinks", "--input", "train.jsonl"));
        command.addAll(List.of("--validation-input", "heldout.jsonl", "--format", "json", "--output", "models"));
        command.addAll(List.of("--key", "key", "--order", "seq", "--tokens", "ids", "--vocabulary", "257"));
        command.addAll(List.of(
                "--packing", "within", "--context", "" + CONTEXT, "--layers", System.getProperty("sinks.layers", "1")));
        command.addAll(List.of("--hidden-size", "64", "--heads", System.getProperty("sinks.heads", "1")));
        command.addAll(List.of("--intermediate-size", System.getProperty("sinks.intermediate", "4")));
        command.addAll(
                List.of("--batch", "32", "--micro-batch", "32", "--steps", System.getProperty("sinks.steps", "1000")));
        command.addAll(List.of("--learning-rate", System.getProperty("sinks.rate", "3e-3"), "--device", "cpu"));
        Driver.Ended ended;
        try (Driver driver = spark.launch("sinks", folder, List.of("--master", "local[2]"), command)) {
            ended = driver.await(Duration.ofHours(4));
        }

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        System.out.println(ended.stdout());
        Files.writeString(folder.resolve("table.txt"), ended.stdout());
        Map<String, Double> perplexity = Files.readAllLines(folder.resolve("models/sinks.csv")).stream()
                .skip(1)
                .map(line -> line.split(","))
                .collect(Collectors.toMap(cells -> cells[0] + " " + cells[1], cells -> Double.parseDouble(cells[3])));
        // That they learned the task, copies included; whether sinks formed is for the table to say.
        for (String variant : List.of("none", "zero", "learnable", "head")) {
            assertThat(perplexity.get(variant + " 4")).as(variant).isBetween(0.98 * least, 1.02 * least);
        }
    }

    /** Writes both texts, and gives the nats a token that nothing can predict the held-out one with less of. */
    private double write(Path folder) throws IOException {
        for (int token = FIRST; token < TOKENS; token++) {
            followers[token] = random.ints(FIRST + 1, TOKENS)
                    .distinct()
                    .limit(CHANCES.length)
                    .toArray();
        }
        List<String> samples = new ArrayList<>();
        for (int sample = 0; sample < SAMPLES; sample++) {
            samples.add(row("k" + sample, 0, stream(CONTEXT + 1)));
        }
        Files.write(folder.resolve("train.jsonl"), samples);
        draws = 0;
        List<String> heldOut = new ArrayList<>();
        for (int key = 0; key < HELD_OUT_STREAMS; key++) {
            heldOut.add(row("h" + key, 0, stream(HELD_OUT_TOKENS)));
        }
        Files.write(folder.resolve("heldout.jsonl"), heldOut);
        double nats =
                -Arrays.stream(CHANCES).map(chance -> chance * Math.log(chance)).sum();
        return nats * draws / (HELD_OUT_STREAMS * HELD_OUT_TOKENS);
    }

    private static String row(String key, int seq, int[] ids) {
        JsonObject row = new JsonObject();
        row.addProperty("key", key);
        row.addProperty("seq", seq);
        row.add("ids", new Gson().toJsonTree(ids));
        return row.toString();
    }

    /** So many tokens, of which the first is the first of all. */
    private int[] stream(int length) {
        int[] ids = new int[length];
        ids[0] = FIRST;
        for (int i = 1; i < length; i++) {
            boolean isTrigger = ids[i - 1] > FIRST && ids[i - 1] <= FIRST + TRIGGERS && ids[i - 2] != FIRST;
            ids[i] = isTrigger ? ids[i - 2] : followers[ids[i - 1]][drawn()];
        }
        return ids;
    }

    private int drawn() {
        draws++;
        double number = random.nextDouble();
        int index = 0;
        while (index < CHANCES.length - 1 && number >= CHANCES[index]) {
            number -= CHANCES[index++];
        }
        return index;
    }
}
