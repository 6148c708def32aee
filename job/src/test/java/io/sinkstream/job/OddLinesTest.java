package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.Command;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the built-in model finds in a log that it was not made for, next to three things that need no model. Prints the table
 * that the README shows.
 */
final class OddLinesTest {
    private static final int PRECISION_AT = 100;

    /** Lines of a window, whose mean and maximum are taken. */
    private static final int WINDOW = 10;

    private static final String MEAN = "mean NLL of the line's tokens";

    @TempDir
    private Path folder;

    /**
     * A line of a log.
     *
     * @param isOdd what somebody or a rule said of it, and the model is not told
     */
    private record Line(String key, long seq, String text, boolean isOdd) {}

    /**
     * How well a score tells odd lines from others.
     *
     * @param area under the ROC curve
     * @param precision the share of odd lines among the 100 of the highest scores
     */
    private record Found(double area, double precision) {}

    /** BGL's labels are an administrator's, in the first field. */
    @Test
    void alertsOfAMachineItNeverSaw() throws IOException {
        Path log = Shared.require("data/logs").resolve("BGL_2k.log");
        List<Line> lines = new ArrayList<>();
        for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
            // Without the date and the place, which come twice and are new in each line.
            String[] fields = line.split(" ", 7);
            lines.add(new Line("BGL", lines.size(), fields[6], !fields[0].equals("-")));
        }

        // Without a past every line is odd.
        Map<String, Found> found = table("BGL, 2,000 lines", lines, 100);

        // Better than chance, and not by much: it is a log to adapt the model to first.
        assertThat(found.get(MEAN).area()).isGreaterThan(0.5);
    }

    /** Marked by a rule: what was logged at ERROR, stack traces, and what tells of a killed process. */
    @Test
    void failuresAmongTheSamples() throws IOException {
        Path samples = Path.of(System.getProperty("basedir", ".")).resolve("src/samples/logs");
        List<Line> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(samples)) {
            for (Path file : files.sorted().toList()) {
                for (String row : Files.readAllLines(file)) {
                    JsonObject json = JsonParser.parseString(row).getAsJsonObject();
                    lines.add(new Line(
                            json.get("key").getAsString(),
                            json.get("seq").getAsLong(),
                            json.get("text").getAsString(),
                            json.has("odd") && json.get("odd").getAsBoolean()));
                }
            }
        }

        Map<String, Found> found = table("the samples", lines, 0);

        // Its training text has no failure.
        assertThat(found.get(MEAN).area()).isGreaterThan(0.9);
        assertThat(found.get(MEAN).precision()).isGreaterThan(0.8);
    }

    /**
     * Prints how well each score tells odd lines from others, and gives it.
     *
     * @param from the first line that counts
     */
    private Map<String, Found> table(String title, List<Line> lines, int from) throws IOException {
        List<List<Double>> nll = scored(lines);
        double[] means = nll.stream().mapToDouble(OddLinesTest::mean).toArray();
        Map<String, double[]> scores = new LinkedHashMap<>();
        scores.put(MEAN, means);
        scores.put(
                "largest NLL of its tokens",
                nll.stream().mapToDouble(OddLinesTest::largest).toArray());
        scores.put("mean of " + WINDOW + " lines' means", windows(means, OddLinesTest::mean));
        scores.put("largest of " + WINDOW + " lines' means", windows(means, OddLinesTest::largest));
        scores.put(
                "length of the line",
                lines.stream().mapToDouble(line -> line.text().length()).toArray());
        scores.put("rarity of its template so far", rarity(lines));
        scores.put("2-grams of words so far", bigrams(lines));
        int count = lines.size() - from;
        boolean[] odd = new boolean[count];
        int all = 0;
        for (int i = 0; i < count; i++) {
            odd[i] = lines.get(from + i).isOdd();
            all += odd[i] ? 1 : 0;
        }

        System.out.printf(Locale.ROOT, "%n%s: %d of %d lines are odd%n", title, all, count);
        System.out.printf(Locale.ROOT, "%-34s %8s %14s%n", "score", "ROC AUC", "precision@100");
        Map<String, Found> results = new HashMap<>();
        scores.forEach((name, score) -> {
            double[] counted = Arrays.copyOfRange(score, from, score.length);
            Found found = new Found(area(counted, odd), precision(counted, odd));
            results.put(name, found);
            System.out.printf(Locale.ROOT, "%-34s %8.3f %14.2f%n", name, found.area(), found.precision());
        });
        double[] counted = Arrays.copyOfRange(means, from, means.length);
        double threshold = percentile(counted, odd, 0.99);
        long found = IntStream.range(0, count)
                .filter(i -> odd[i] && counted[i] > threshold)
                .count();
        System.out.printf(
                Locale.ROOT,
                "above %.2f nats a token, the 99th percentile of the others: %d of the %d odd lines%n",
                threshold,
                found,
                all);
        return results;
    }

    /** Each line's NLLs by {@code score} and its defaults. Lines go by key and order. */
    private List<List<Double>> scored(List<Line> lines) throws IOException {
        List<String> rows = new ArrayList<>();
        for (Line line : lines) {
            JsonObject row = new JsonObject();
            row.addProperty("key", line.key());
            row.addProperty("seq", line.seq());
            row.addProperty("text", line.text());
            rows.add(row.toString());
        }
        Path input = Files.write(folder.resolve("lines.jsonl"), rows);
        Path output = folder.resolve("scored");
        Command.run(
                        "score",
                        "--input",
                        input.toString(),
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--token-nll",
                        "--output",
                        output.toString())
                .succeeded();
        return Command.spark().read().parquet(output.toString()).orderBy("key", "seq").collectAsList().stream()
                .map(OddLinesTest::numbers)
                .toList();
    }

    private static List<Double> numbers(Row row) {
        return row.<Double>getList(row.fieldIndex("token_nll")).stream()
                .filter(nll -> nll != null)
                .toList();
    }

    private static double mean(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }

    private static double largest(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    private interface Summary {
        double of(List<Double> numbers);
    }

    /** Of each line and those before it. */
    private static double[] windows(double[] scores, Summary summary) {
        return IntStream.range(0, scores.length)
                .mapToDouble(i -> summary.of(Arrays.stream(scores, Math.max(0, i + 1 - WINDOW), i + 1)
                        .boxed()
                        .toList()))
                .toArray();
    }

    /** How often a line with the same words but for its numbers came before, negated. */
    private static double[] rarity(List<Line> lines) {
        Map<String, Integer> seen = new HashMap<>();
        return lines.stream()
                .mapToDouble(line -> -seen.merge(
                        line.text().replaceAll("\\b(0x)?[0-9a-fA-F.:-]*\\d[0-9a-fA-F.:-]*\\b", "#"), 1, Integer::sum))
                .toArray();
    }

    /** Mean negative logarithm of each word's share among the words that followed the one before it so far, with one more of each. */
    private static double[] bigrams(List<Line> lines) {
        Map<String, Integer> pairs = new HashMap<>();
        Map<String, Integer> firsts = new HashMap<>();
        Set<String> words = new HashSet<>();
        double[] scores = new double[lines.size()];
        for (int i = 0; i < scores.length; i++) {
            String before = "";
            double sum = 0;
            String[] all = lines.get(i).text().split(" ", -1);
            for (String word : all) {
                words.add(word);
                String pair = before + " " + word;
                sum -= Math.log((pairs.getOrDefault(pair, 0) + 1.0) / (firsts.getOrDefault(before, 0) + words.size()));
                pairs.merge(pair, 1, Integer::sum);
                firsts.merge(before, 1, Integer::sum);
                before = word;
            }
            scores[i] = sum / all.length;
        }
        return scores;
    }

    /** The share of pairs of an odd line and another line in which the odd line has the higher score; equal ones are half a pair. */
    private static double area(double[] scores, boolean[] odd) {
        double higher = 0;
        long pairs = 0;
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; odd[i] && j < scores.length; j++) {
                if (!odd[j]) {
                    pairs++;
                    higher += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        return higher / pairs;
    }

    /** The share of odd among the lines of the highest scores; of equal ones the earlier first. */
    private static double precision(double[] scores, boolean[] odd) {
        return IntStream.range(0, scores.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
                        .limit(PRECISION_AT)
                        .filter(i -> odd[i])
                        .count()
                / (double) PRECISION_AT;
    }

    private static double percentile(double[] scores, boolean[] odd, double share) {
        double[] sorted = IntStream.range(0, scores.length)
                .filter(i -> !odd[i])
                .mapToDouble(i -> scores[i])
                .sorted()
                .toArray();
        return sorted[(int) (share * (sorted.length - 1))];
    }
}
