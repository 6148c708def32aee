package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.sinkstream.harness.Command;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The experiments' numbers against other implementations', and what a run leaves in its folder. */
class PerplexityCommandTest {
    private static final String HEADER = "input_length,nll,ppl,overall_ppl,cuda_vram_allocated,latency";
    private static final double SAME = 1e-4;
    private static final int SINKS = 4;
    private static final int CACHE = 32;
    private static final Shape LLAMA = Shape.llama();

    @TempDir
    private static Path shared;

    private static Path llama;
    private static PlainDecoder reference;

    @TempDir
    private Path folder;

    @BeforeAll
    static void writeModel() {
        llama = shared.resolve("llama");
        TinyModels.of(LLAMA).tokenizer(Prefix.BOS).write(llama);
        reference = PlainDecoder.load(llama);
    }

    private Map<String, String> options(Path model) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-size", "" + SINKS);
        options.put("--window-size", "" + CACHE);
        // Nothing to choose, and so nothing to measure.
        options.put("--weight-memory", "1");
        options.put("--output-dir", folder.resolve("out").toString());
        return options;
    }

    /** Texts as token ids, a row each. */
    private Map<String, String> options(Path model, int[]... texts) throws IOException {
        Path input = Files.write(
                folder.resolve("ids.jsonl"),
                Stream.of(texts)
                        .map(ids -> "{\"ids\": " + Arrays.toString(ids) + "}")
                        .toList());
        Map<String, String> options = options(model);
        options.put("--input", input.toString());
        options.put("--tokens", "ids");
        return options;
    }

    private static Command perplexity(Map<String, String> options, String... more) {
        return Command.run(List.of("perplexity"), options, more);
    }

    private List<String[]> rows(String experiment) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("out/" + experiment + ".csv"));
        assertThat(lines.get(0)).isEqualTo(HEADER);
        return lines.stream().skip(1).map(line -> line.split(",", -1)).toList();
    }

    private double[] nll(String experiment) throws IOException {
        return rows(experiment).stream()
                .mapToDouble(row -> Double.parseDouble(row[1]))
                .toArray();
    }

    @ParameterizedTest
    @FieldSource("io.sinkstream.testing.Golden#SHARED")
    void experimentsGiveTheReferencesNumbers(String family) throws IOException {
        Golden golden = Golden.require(family);
        assertThat(golden.recomputation().context()).isEqualTo(CACHE + 1);

        perplexity(
                        options(golden.folder(), golden.ids()),
                        "--experiment",
                        "attention_sinks,transformers,windowed,recomputation")
                .succeeded();

        assertThat(nll("attention_sinks")).containsExactly(streaming(golden, SINKS), within(SAME));
        assertThat(nll("windowed")).containsExactly(streaming(golden, 0), within(SAME));
        assertThat(nll("transformers")).containsExactly(golden.dense().nll(), within(SAME));
        assertThat(nll("recomputation")).containsExactly(golden.recomputation().nll(), within(SAME));
    }

    private static double[] streaming(Golden golden, int sinks) {
        return golden.streaming().stream()
                .filter(one -> one.sinks() == sinks && one.sinks() + one.window() == CACHE)
                .findFirst()
                .orElseThrow()
                .nll();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sinksThatFallBehindGiveTheReferencesNumbers(boolean isSingle) throws IOException {
        int[] ids = LLAMA.tokens(150, 3);
        PlainDecoder.Stream plain = reference.absoluteStream(SINKS, CACHE - SINKS);
        double[] wanted = IntStream.range(0, ids.length - 1)
                .mapToDouble(i -> PlainDecoder.nll(plain.step(ids[i]), ids[i + 1]))
                .toArray();

        perplexity(options(llama, ids), "--experiment", "absolute", "--latency=" + isSingle)
                .succeeded();

        assertThat(nll("absolute")).containsExactly(wanted, within(SAME));
    }

    /** streaming-llm runs all of a text's tokens but the last, then the next text's, and predicts no text's first. */
    @ParameterizedTest
    @CsvSource({"false, attention_sinks", "true, attention_sinks", "false, recomputation", "true, recomputation"})
    void theCacheIsCarriedFromTextToTextOrBegunAnew(boolean isAnew, String experiment) throws IOException {
        int[][] texts = {LLAMA.tokens(60, 1), LLAMA.tokens(1, 2), LLAMA.tokens(45, 3), LLAMA.tokens(2, 4)};
        boolean recomputes = experiment.equals("recomputation");
        double[] wanted = new double[59 + 44 + 1];
        PlainDecoder.Stream plain = reference.stream(SINKS, CACHE - SINKS);
        int[] run = new int[wanted.length];
        int begin = 0;
        int at = 0;
        for (int[] text : texts) {
            if (isAnew) {
                plain = reference.stream(SINKS, CACHE - SINKS);
                begin = at;
            }
            for (int i = 0; i + 1 < text.length; i++, at++) {
                run[at] = text[i];
                double[] logits = plain.step(text[i]);
                if (recomputes) {
                    PlainDecoder.Stream anew = reference.stream(0, CACHE);
                    for (int j = Math.max(begin, at - CACHE); j <= at; j++) {
                        logits = anew.step(run[j]);
                    }
                }
                wanted[at] = PlainDecoder.nll(logits, text[i + 1]);
            }
        }

        perplexity(options(llama, texts), "--begin-anew=" + isAnew, "--experiment", experiment)
                .succeeded();

        assertThat(nll(experiment)).containsExactly(wanted, within(SAME));
    }

    @Test
    void aFileIsATextAndItsRowsAddUp() throws IOException {
        String first = "one line\nand another one\n".repeat(12);
        Path texts = Files.createDirectories(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), first);
        Files.writeString(texts.resolve("b.txt"), "short");
        Map<String, String> options = options(llama);
        options.put("--input", texts + "/*.txt");

        Command run =
                perplexity(options, "--num-samples", "1", "--num-tokens", "70").succeeded();

        List<String[]> rows = rows("attention_sinks");
        assertThat(rows).hasSize(70);
        double sum = 0;
        for (int i = 0; i < rows.size(); i++) {
            double[] row =
                    Stream.of(rows.get(i)).mapToDouble(Double::parseDouble).toArray();
            sum += row[1];
            assertThat(row[0]).isEqualTo(i + 1);
            assertThat(row[2]).isCloseTo(Math.exp(row[1]), within(1e-9));
            assertThat(row[3]).isCloseTo(Math.exp(sum / (i + 1)), within(1e-9));
            assertThat(row[4]).isPositive();
            assertThat(row[5]).isPositive();
        }
        assertThat(Files.readAllLines(folder.resolve("out/attention_sinks/log.txt")))
                .containsExactlyElementsOf(rows.stream().map(row -> row[1]).toList());
        assertThat(Files.readAllLines(folder.resolve("out/attention_sinks/ppl.txt")))
                .containsExactly(rows.get(69)[3]);
        assertThat(run.out()).contains("experiment", "attention_sinks", "70", "after 32");
        assertThat(run.err()).contains("attention_sinks: done, perplexity");
    }

    @Test
    void theTokenizersPrefixIsATokenOfEachText() throws IOException {
        Path text = Files.writeString(folder.resolve("a.txt"), "x");
        Map<String, String> options = options(llama);
        options.put("--input", text.toString());

        perplexity(options).succeeded();

        assertThat(rows("attention_sinks")).hasSizeGreaterThanOrEqualTo(1);
    }

    /** What a kill leaves: whole rows, perhaps a piece of one, a log that is behind or ahead, and no end. */
    @ParameterizedTest
    @CsvSource({"attention_sinks, 0", "attention_sinks, 1", "transformers, 100", "recomputation, 77", "absolute, 149"})
    void aRunThatWasCutOffGoesOnToTheSameRows(String experiment, int kept) throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(80, 7), LLAMA.tokens(90, 8));
        options.put("--experiment", experiment);
        perplexity(options).succeeded();
        double[] wanted = nll(experiment);
        Path csv = folder.resolve("out/" + experiment + ".csv");
        Path log = folder.resolve("out/" + experiment + "/log.txt");
        List<String> lines = Files.readAllLines(csv);
        Files.writeString(
                csv,
                lines.stream().limit(kept + 1).collect(Collectors.joining("\n", "", "\n"))
                        + lines.get(kept + 1).substring(0, 4));
        Files.writeString(log, "1.5\n");
        Files.delete(folder.resolve("out/" + experiment + "/ppl.txt"));

        perplexity(options, "--resume").succeeded();

        assertThat(nll(experiment)).containsExactly(wanted, within(SAME));
        assertThat(Files.readAllLines(csv).subList(0, kept + 1)).isEqualTo(lines.subList(0, kept + 1));
        assertThat(rows(experiment).get(wanted.length - 1)[0]).isEqualTo("" + wanted.length);
        assertThat(Files.readAllLines(log)).hasSize(wanted.length);
        assertThat(folder.resolve("out/" + experiment + "/ppl.txt")).exists();
    }

    /** The rows of each seventh token, cut off and gone on with, alone or in segments, are those of a run of all tokens. */
    @ParameterizedTest
    @CsvSource({"false, 1", "true, 1", "false, 4", "true, 4"})
    void recomputationOfEachSeventhTokenGivesItsNumbers(boolean isAnew, int segments) throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(60, 1), LLAMA.tokens(5, 2), LLAMA.tokens(47, 3));
        options.put("--experiment", "recomputation,windowed");
        options.put("--begin-anew", "" + isAnew);
        perplexity(options).succeeded();
        double[] all = nll("recomputation");
        double[] windowed = nll("windowed");
        int[] lengths = IntStream.iterate(7, length -> length <= all.length, length -> length + 7)
                .toArray();
        double[] wanted =
                IntStream.of(lengths).mapToDouble(length -> all[length - 1]).toArray();

        options.put("--recompute-every", "7");
        options.put("--parallel", "" + segments);
        Command run = perplexity(options, "--overwrite").succeeded();
        assertThat(nll("recomputation")).containsExactly(wanted, within(SAME));
        assertThat(rows("recomputation").stream().map(row -> row[0]))
                .containsExactlyElementsOf(
                        IntStream.of(lengths).mapToObj(Integer::toString).toList());
        assertThat(Double.parseDouble(rows("recomputation").get(lengths.length - 1)[3]))
                .isCloseTo(Math.exp(Arrays.stream(wanted).average().orElseThrow()), within(1e-3));
        double[] shared = IntStream.of(lengths)
                .mapToDouble(length -> windowed[length - 1])
                .toArray();
        assertThat(run.out().lines().findFirst().orElseThrow()).contains("each 7.");
        assertThat(cell(run, "windowed", "each 7."))
                .isCloseTo(Math.exp(Arrays.stream(shared).average().orElseThrow()), withinPercentage(0.1));
        assertThat(cell(run, "recomputation", "each 7.")).isEqualTo(cell(run, "recomputation", "perplexity"));

        Path csv = folder.resolve("out/recomputation.csv");
        List<String> lines = Files.readAllLines(csv);
        Files.writeString(csv, String.join("\n", lines.subList(0, 6)) + "\n42,");
        run = perplexity(options, "--resume").succeeded();
        assertThat(nll("recomputation")).containsExactly(wanted, within(SAME));
        assertThat(rows("windowed")).hasSize(windowed.length);
        assertThat(cell(run, "windowed", "each 7."))
                .isCloseTo(Math.exp(Arrays.stream(shared).average().orElseThrow()), withinPercentage(0.1));
        assertThat(perplexity(options, "--resume", "--parallel", "1", "--recompute-every", "5")
                        .refusal())
                .contains("was begun with predictions 15, each 7., not 21, each 5.");
    }

    private static double cell(Command run, String experiment, String title) {
        List<List<String>> table = run.out()
                .lines()
                .map(line -> List.of(line.strip().split(" {2,}")))
                .toList();
        int column = table.get(0).indexOf(title);
        return table.stream()
                .filter(row -> row.get(0).equals(experiment))
                .mapToDouble(row -> Double.parseDouble(row.get(column).replace(",", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRunThatWasCutOffInItsFirstLineBegins() throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(80, 7));
        perplexity(options).succeeded();
        Files.writeString(folder.resolve("out/attention_sinks.csv"), HEADER.substring(0, 20));

        perplexity(options, "--resume").succeeded();

        assertThat(rows("attention_sinks")).hasSize(79);
    }

    @Test
    void aRunThatIsDoneHasNothingLeftToDo() throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(80, 7));
        perplexity(options).succeeded();
        String rows = Files.readString(folder.resolve("out/attention_sinks.csv"));

        Command again = perplexity(options, "--resume").succeeded();

        assertThat(Files.readString(folder.resolve("out/attention_sinks.csv"))).isEqualTo(rows);
        assertThat(again.out()).contains("79");
    }

    @Test
    void rowsOfAnotherRunAreNotGoneOnWith() throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(80, 7));
        perplexity(options).succeeded();
        String rows = Files.readString(folder.resolve("out/attention_sinks.csv"));

        assertThat(perplexity(options, "--resume", "--window-size", "40").refusal())
                .contains("attention_sinks.csv was begun with window 28, not 36");
        assertThat(perplexity(options, "--resume", "--num-tokens", "3").refusal())
                .contains("was begun with predictions 79, not 3");
        assertThat(perplexity(options(llama, LLAMA.tokens(80, 8)), "--resume").refusal())
                .contains("was begun with texts");
        assertThat(Files.readString(folder.resolve("out/attention_sinks.csv"))).isEqualTo(rows);
    }

    @Test
    void resultsThatAreThereAreLeftAloneUnlessToldOtherwise() throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(80, 7));
        perplexity(options).succeeded();

        assertThat(perplexity(options).refusal())
                .contains("--output-dir: ", "attention_sinks.csv exists; remove it, or give --overwrite or --resume");
        perplexity(options, "--experiment", "windowed").succeeded();
        perplexity(options, "--overwrite", "--num-tokens", "5").succeeded();

        assertThat(rows("attention_sinks")).hasSize(5);
        assertThat(rows("windowed")).hasSize(79);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            --experiment none                | --experiment: "none" is wrong; allowed is attention_sinks
            --experiment windowed,windowed   | --experiment: one is named twice
            --window-size 4                  | --window-size: 4 leaves no window beside the 4 of --attention-sink-size
            --attention-sink-window-size 9   | --window-size and --attention-sink-window-size both say
            --resume --overwrite             | --resume goes on with the rows that are there
            --tokens missing                 | --tokens: there is no column missing
            --input nowhere.jsonl            | --input: there is no file or folder nowhere.jsonl
            --num-tokens 0                   | --num-tokens: "0" is wrong
            --recompute-every 2              | --recompute-every 2 is for recomputation, which is not among --experiment
            --recompute-every 20 --experiment recomputation | --recompute-every 20: only 19 tokens are predicted
            """)
    void whatCanBeMendedIsToldInOneLine(String more, String told) throws IOException {
        Map<String, String> options = options(llama, LLAMA.tokens(20, 1));

        assertThat(perplexity(options, more.split(" +")).refusal()).contains(told);
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void textsOfWhichNothingCanBePredictedAreRefused() throws IOException {
        assertThat(perplexity(options(llama, LLAMA.tokens(1, 1))).refusal())
                .contains("nothing can be predicted: of 1 texts none has two tokens");
        assertThat(perplexity(options(llama, new int[0]), "--schema", "ids array<int>")
                        .refusal())
                .contains("nothing can be predicted");
        assertThat(perplexity(options(llama, new int[] {1, 2, LLAMA.vocab()})).refusal())
                .contains("--tokens: ids has the token " + LLAMA.vocab() + ", which is outside the vocabulary");
        assertThat(perplexity(
                                options(llama),
                                "--input",
                                Files.writeString(folder.resolve("none.json"), "")
                                        .toString(),
                                "--schema",
                                "ids array<int>",
                                "--tokens",
                                "ids")
                        .refusal())
                .contains("--input: there are no rows to measure on");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aFolderThatCannotBeWrittenIsToldBeforeAnythingRuns() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        Map<String, String> options = options(llama, LLAMA.tokens(20, 1));

        assertThat(perplexity(options, "--output-dir", file.resolve("out").toString())
                        .refusal())
                .contains("--output-dir: " + file.resolve("out") + " can't be written");
    }

    /** One task after another, each of a block, and all of an experiment's on one model. */
    @Test
    void experimentsRunAsTasks() throws Exception {
        int[] tasks = new int[1];
        SparkListener listener = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd event) {
                tasks[0]++;
            }
        };
        Map<String, String> options = options(llama, LLAMA.tokens(300, 7));
        Command.spark().sparkContext().addSparkListener(listener);
        try {
            perplexity(options, "--experiment", "windowed,absolute").succeeded();
            Command.spark().sparkContext().listenerBus().waitUntilEmpty();
        } finally {
            Command.spark().sparkContext().removeSparkListener(listener);
        }

        // 64, 128 and 107 tokens each, beside what reading the rows takes.
        assertThat(tasks[0]).isGreaterThanOrEqualTo(6);
    }
}
