package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code train --compare sinks}, from two texts to a table. */
final class SinkExperimentTest {
    private static final int CONTEXT = 32;
    private static final List<String> VARIANTS = List.of("none", "zero", "learnable", "head");

    @TempDir
    private static Path folder;

    private static Path text;
    private static Path heldOut;

    @BeforeAll
    static void write() throws IOException {
        text = TrainingRun.text(folder.resolve("text.jsonl"));
        List<String> lines = new ArrayList<>();
        for (int seq = 0; seq < 12; seq++) {
            for (int key = 0; key < 3; key++) {
                lines.add(String.format(
                        Locale.ROOT,
                        "{\"key\": \"h%d\", \"seq\": %d, \"text\": \"INFO worker-%d waits for task %d\"}",
                        key,
                        seq,
                        key,
                        seq * (key + 3) % 10));
            }
        }
        // Shorter than a context, and without text.
        lines.add("{\"key\": \"short\", \"seq\": 1, \"text\": \"INFO\"}");
        lines.add("{\"key\": \"h0\", \"seq\": 99, \"text\": null}");
        heldOut = Files.write(folder.resolve("heldout.jsonl"), lines);
    }

    private static Command experiment(Path output, int steps, String... more) {
        List<String> options = new ArrayList<>(
                List.of("--compare", "sinks", "--validation-input", heldOut.toString(), "--batch", "8"));
        options.addAll(List.of(more));
        return Command.run(TrainingRun.train(text, output, steps, options.toArray(String[]::new))
                .toArray(String[]::new));
    }

    @Test
    void variantsAreTrainedAlikeAndCompared() throws Exception {
        Path output = folder.resolve("sinks");

        Command run = experiment(output, 20).succeeded();

        List<List<String>> scores = csv(output.resolve("sinks.csv"), "variant,sinks,window,perplexity,tokens");
        assertThat(scores).hasSize(16);
        assertThat(scores.stream().map(cells -> cells.get(0)).distinct()).containsExactlyElementsOf(VARIANTS);
        assertThat(scores.stream()
                        .map(cells -> cells.get(1) + "+" + cells.get(2))
                        .distinct())
                .containsExactly("0+32", "1+31", "2+30", "4+28");
        // All variants have the same words, and so predict as many tokens.
        assertThat(scores.stream().map(cells -> cells.get(4)).distinct()).hasSize(1);
        // A vocabulary of 300 that is guessed at has 300; this text has a few words.
        assertThat(scores.stream().map(cells -> Double.parseDouble(cells.get(3))))
                .allSatisfy(perplexity -> assertThat(perplexity).isBetween(1.0, 250.0));
        List<List<String>> layers =
                csv(output.resolve("attention.csv"), "variant,layer,token_0,tokens_0_to_3,virtual_sink");
        assertThat(layers).hasSize(8);
        for (List<String> cells : layers) {
            double first = Double.parseDouble(cells.get(2));
            assertThat(first).isBetween(1e-4, 1.0);
            assertThat(Double.parseDouble(cells.get(3))).isBetween(first, 1.0);
            boolean isVirtual = cells.get(0).equals("zero") || cells.get(0).equals("head");
            assertThat(cells.get(4).isEmpty()).isNotEqualTo(isVirtual);
        }
        for (String picture : List.of("sinks.png", "attention.png")) {
            assertThat(ImageIO.read(output.resolve(picture).toFile()).getWidth())
                    .as(picture)
                    .isEqualTo(900);
        }
        assertThat(run.out())
                .contains("0 + 32", "4 + 28", "to token 0", "1 rows were left out", "written to " + output);
        for (String variant : VARIANTS) {
            assertThat(run.out()).containsPattern("(?m)^  " + variant + " .*\\d\\.\\d{3}");
            assertThat(run.err()).contains(variant + ": step 20 of 20");
            assertThat(output.resolve(variant).resolve("training")).doesNotExist();
            assertThat(Files.readAllLines(output.resolve(variant).resolve("loss.csv")))
                    .hasSize(21);
        }
        scoreAgrees(output, scores.get(11));

        goesOn(output, run);

        assertThat(experiment(output, 21).refusal()).contains("--steps", "was begun with 20, not 21");
        assertThat(Command.run(TrainingRun.train(text, output, 20).toArray(String[]::new))
                        .refusal())
                .contains("--output", "has an experiment");
    }

    /** The same command again: a variant that is not there is trained, and no other. */
    private static void goesOn(Path output, Command run) throws IOException {
        Map<String, FileTime> before = times(output);
        try (var files = Files.list(output.resolve("zero"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }

        Command again = experiment(output, 20).succeeded();

        assertThat(again.out()).isEqualTo(run.out());
        assertThat(again.err())
                .contains("zero: step 20 of 20")
                .doesNotContain("none: step", "learnable: step", "head: step");
        Map<String, FileTime> after = times(output);
        assertThat(after.remove("zero")).isNotEqualTo(before.remove("zero"));
        assertThat(after).isEqualTo(before);
    }

    private static Map<String, FileTime> times(Path output) throws IOException {
        Map<String, FileTime> times = new LinkedHashMap<>();
        for (String variant : VARIANTS) {
            times.put(variant, Files.getLastModifiedTime(output.resolve(variant).resolve("model.safetensors")));
        }
        return times;
    }

    private static List<List<String>> csv(Path file, String header) throws IOException {
        List<String> lines = Files.readAllLines(file);
        assertThat(lines.get(0)).isEqualTo(header);
        return lines.stream().skip(1).map(line -> List.of(line.split(",", -1))).toList();
    }

    /** Of the same text, by the command that scores: the variant with a token more, under the largest number of sinks. */
    private static void scoreAgrees(Path output, List<String> found) {
        assertThat(found.subList(0, 2)).containsExactly("learnable", "4");
        Path scored = folder.resolve("scored");
        Command.run(
                        "score",
                        "--model",
                        output.resolve("learnable").toString(),
                        "--input",
                        heldOut.toString(),
                        "--key",
                        "key",
                        "--order",
                        "seq",
                        "--token-nll",
                        "--attention-sink-size",
                        "4",
                        "--attention-sink-window-size",
                        "" + (CONTEXT - 4),
                        "--output",
                        scored.toString())
                .succeeded();
        Map<String, List<Double>> streams = new LinkedHashMap<>();
        for (Row row : Command.spark()
                .read()
                .parquet(scored.toString())
                .where("error is null")
                .orderBy("key", "seq")
                .collectAsList()) {
            streams.computeIfAbsent(row.getAs("key"), key -> new ArrayList<>())
                    .addAll(row.getList(row.fieldIndex("token_nll")));
        }
        // The learned token is the stream's first, and none of its text.
        int first = CONTEXT + 1;
        double[] nll = streams.values().stream()
                .flatMap(all -> all.stream().skip(first))
                .mapToDouble(Double::doubleValue)
                .toArray();
        assertThat(nll).hasSize(Integer.parseInt(found.get(4)));
        double sum = 0;
        for (double one : nll) {
            sum += one;
        }
        // fp32 in other chunks.
        assertThat(Math.log(Double.parseDouble(found.get(3)))).isCloseTo(sum / nll.length, within(1e-4));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            --sink none                   | --sink: --compare sinks trains a model with each
            --compare spikes           | --compare
            --tokenizer there.json        | --tokenizer: --compare sinks trains tokenizers of the same words
            --validation-input nowhere.jsonl | --validation-input: there is no file or folder nowhere.jsonl
            --text missing                | --text: there is no column missing
            """)
    void whatCanBeMendedIsToldInOneLine(String options, String told) {
        String line = experiment(folder.resolve("never"), 1, options.split(" ")).refusal();

        assertThat(line).contains(told);
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void theHeldOutTextIsNeededAndOnlyThen() {
        Path never = folder.resolve("never");

        assertThat(Command.run(TrainingRun.train(text, never, 1, "--compare", "sinks")
                                .toArray(String[]::new))
                        .refusal())
                .contains("--validation-input is missing");
        assertThat(Command.run(TrainingRun.train(text, never, 1, "--validation-input", heldOut.toString())
                                .toArray(String[]::new))
                        .refusal())
                .contains("--validation-input: a training without --compare does not read it");
        assertThat(experiment(never, 1, "--validation-input", text.toString()).refusal())
                .contains("--validation-input", "is what the models are trained on");
        assertThat(never).doesNotExist();
    }

    @Test
    void heldOutStreamsShorterThanTwoContextsAreRefusedBeforeTheTraining() {
        Command run = experiment(folder.resolve("long"), 1, "--context", "512");

        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains("--validation-input: its longest stream has ", "give one of more than 1024");
        assertThat(run.err()).doesNotContain("step");
        assertThat(folder.resolve("long")).doesNotExist();
    }

    @Test
    void anOutputThatHasAModelIsLeftAlone() throws Exception {
        Path model = Files.createDirectories(folder.resolve("model"));
        Files.writeString(model.resolve("config.json"), "{}");

        assertThat(experiment(model, 1).refusal()).contains("--output", "no experiment");

        Path part = Files.createDirectories(folder.resolve("part"));
        Files.createDirectories(part.resolve("head"));
        Files.writeString(part.resolve("head").resolve("config.json"), "{}");

        assertThat(experiment(part, 1).refusal()).contains("--output", "has a model");
    }
}
