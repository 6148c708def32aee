package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.benchmark.SpeedTable;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.NumberType;
import io.sinkstream.testing.Shared;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code speed} measures, and how it says so. How large the figures are is no matter of a test. */
class SpeedCommandTest {
    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws Exception {
        model = Streams.model(folder.resolve("model"));
    }

    private Command speed(String... more) {
        List<String> args = new ArrayList<>(List.of("speed", "--attention-sink-window-size", "28"));
        args.addAll(List.of(more));
        if (!args.contains("--model")) {
            args.addAll(List.of("--model", model.toString()));
        }
        return Command.alone(args.toArray(String[]::new));
    }

    @Test
    void aRowOfItsOwnProductsStandsBeforeEachMeasurement() throws Exception {
        Path output = folder.resolve("speed.csv");
        Command run = speed(
                        "--chunks", "16,64", "--streams", "1,3", "--dtype", "float32", "--output", output.toString())
                .succeeded();
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.get(0)).isEqualTo(SpeedTable.header());
        assertThat(lines.stream().skip(1).map(line -> line.replaceFirst("(,[^,]*){14}$", "")))
                .containsExactly(
                        "matmul,float32,1,16,32",
                        "score,float32,1,16,32",
                        "matmul,float32,1,64,32",
                        "score,float32,1,64,32",
                        "matmul,float32,1,1,32",
                        "decode,float32,1,1,32",
                        "matmul,float32,3,1,32",
                        "decode,float32,3,1,32");
        for (int i = 1; i < lines.size(); i += 2) {
            double limit = number(lines.get(i), 5);
            double rate = number(lines.get(i + 1), 5);
            assertThat(limit).isPositive();
            assertThat(number(lines.get(i), 6)).isPositive();
            assertThat(number(lines.get(i), 8)).isGreaterThanOrEqualTo(5);
            assertThat(number(lines.get(i), 9)).isEqualTo(1);
            // The share is the two rates' quotient, up to the digits that are written.
            assertThat(number(lines.get(i + 1), 9)).isBetween(0.98 * rate / limit - 1e-4, 1.02 * rate / limit + 1e-4);
        }
        assertThat(run.out().lines().findFirst()).hasValueSatisfying(line -> assertThat(line)
                .contains(
                        "mean ± deviation", "of limit", "of matmul", "of memory", "resident", "NLL price", "speedup"));
        assertThat(run.out().lines()).hasSize(lines.size());
        assertThat(run.err()).contains("filling the cache of stream 3 of 3");
    }

    /** What the same machine measured a moment ago, once with rates that it can't have lost and once with such as it can't reach. */
    @Test
    void aBaselineTellsWhatIsSlowerAndEndsWithOne() throws Exception {
        Path before = folder.resolve("before.csv");
        String[] small = {"speed", "--model", model.toString(), "--recomputation", "--caches", "32", "--rounds", "3"};
        Command.alone(with(small, "--output", before.toString())).succeeded();
        List<String> lines = Files.readAllLines(before);

        Path slow = Files.write(folder.resolve("slow.csv"), times(lines, 0.01));
        Command same = Command.alone(with(small, "--baseline", slow.toString())).succeeded();
        assertThat(same.err().lines().filter(line -> line.contains("tokens/s, +")))
                .hasSize(2);
        assertThat(same.err()).doesNotContain("slower");

        Path fast = Files.write(folder.resolve("fast.csv"), times(lines, 1000));
        Path after = folder.resolve("after.csv");
        Command slower = Command.alone(with(small, "--baseline", fast.toString(), "--output", after.toString()));
        assertThat(slower.code()).isEqualTo(1);
        assertThat(slower.err().lines().filter(line -> line.endsWith(": slower")))
                .hasSize(2);
        assertThat(slower.err().lines().reduce((first, second) -> second))
                .hasValue("sinkstream speed failed: --baseline: 2 of 2 rows are slower by more than the spread");
        assertThat(after).exists();
    }

    @Test
    void aBaselineOfAnotherMachineIsRefused() throws Exception {
        String there = "0123456789abcdef,Another Processor,64";
        Path file = Files.writeString(
                folder.resolve("there.csv"),
                SpeedTable.header() + "\nscore,float32,1,16,32,9.0,9.0,0.1,5,,,,3,,,," + there + "\n");
        assertThat(speed("--baseline", file.toString()).refusal())
                .startsWith("sinkstream speed: --baseline: " + file
                        + ", line 2: model is \"0123456789abcdef\", and here \"");
        assertThat(speed("--baseline", file.toString(), "--rounds", "1").refusal())
                .isEqualTo("sinkstream speed: --rounds: 1 has no spread to compare with --baseline: give at least 2");
        Files.writeString(file, "work,dtype\n");
        assertThat(speed("--baseline", file.toString()).refusal())
                .isEqualTo("sinkstream speed: --baseline: " + file
                        + " is no table of this version's speed --output: measure it again");
        assertThat(speed("--baseline", file.toString(), "--output", file.toString(), "--overwrite")
                        .refusal())
                .contains("are the same");
    }

    private static String[] with(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    /** Rows of other rates without a spread. */
    private static List<String> times(List<String> lines, double factor) {
        List<String> changed = new ArrayList<>(List.of(lines.get(0)));
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            cells[5] = "" + number(line, 5) * factor;
            cells[7] = "0";
            changed.add(String.join(",", cells));
        }
        return changed;
    }

    @Test
    void aTokenByACacheStandsBesideOneByRecomputation() throws Exception {
        Path output = folder.resolve("speed.csv");
        Command run = Command.alone(
                        "speed",
                        "--model",
                        model.toString(),
                        "--recomputation",
                        "--caches",
                        "32,1024",
                        "--rounds",
                        "3",
                        "--output",
                        output.toString())
                .succeeded();
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.stream().skip(1).map(line -> line.replaceFirst("(,[^,]*){14}$", "")))
                .containsExactly(
                        "recompute,float32,1,32,32",
                        "decode,float32,1,1,32",
                        "recompute,float32,1,512,1024",
                        "decode,float32,1,1,1024");
        for (int i = 1; i < lines.size(); i += 2) {
            double quotient = number(lines.get(i + 1), 5) / number(lines.get(i), 5);
            assertThat(number(lines.get(i), 15)).isEqualTo(1);
            assertThat(number(lines.get(i + 1), 15)).isBetween(0.99 * quotient, 1.01 * quotient);
        }
        // More tokens to run again take longer.
        assertThat(number(lines.get(3), 5)).isLessThan(number(lines.get(1), 5));
        assertThat(run.err()).contains("re-computation of as many");
    }

    @Test
    void aComparisonWithRecomputationHasCachesOfItsOwn() {
        assertThat(speed("--recomputation").refusal())
                .isEqualTo(
                        "sinkstream speed: --attention-sink-window-size is given with --recomputation, which measures one"
                                + " stream at each of --caches: leave it out");
        assertThat(Command.alone("speed", "--model", model.toString(), "--recomputation", "--streams", "2")
                        .refusal())
                .startsWith("sinkstream speed: --streams is given with --recomputation");
        assertThat(Command.alone("speed", "--model", model.toString(), "--recomputation", "--caches", "16,4")
                        .refusal())
                .isEqualTo("sinkstream speed: --caches: 4 tokens leave no window beside 4 sinks");
        assertThat(speed("--caches", "64").refusal())
                .isEqualTo("sinkstream speed: --caches is given without --recomputation");
    }

    @Test
    void autoIsWhatTheModelRunsIn() throws Exception {
        Path half = TinyModels.of(Shape.llama()).storedAs(NumberType.BF16).write(folder.resolve("half"));
        Path output = folder.resolve("speed.csv");

        speed("--model", half.toString(), "--chunks", "16", "--streams", "1", "--output", output.toString())
                .succeeded();

        assertThat(Files.readAllLines(output)).anyMatch(line -> line.startsWith("score,bfloat16,1,16,"));
    }

    @Test
    void aTextSaysWhatANumberTypeCosts() throws Exception {
        Path stories = Shared.require("models").resolve("stories260K");
        String book = Files.readString(Shared.require("data").resolve("war_and_peace.txt"));
        Path text = Files.writeString(folder.resolve("text.txt"), book.substring(0, 20_000));
        Path output = folder.resolve("speed.csv");
        Command.alone(
                        "speed",
                        "--model",
                        stories.toString(),
                        "--attention-sink-window-size",
                        "60",
                        "--dtype",
                        "float32,int8",
                        "--chunks",
                        "64",
                        "--streams",
                        "1",
                        "--input",
                        text.toString(),
                        "--output",
                        output.toString())
                .succeeded();
        List<String> lines = Files.readAllLines(output);
        assertThat(lines).hasSize(9);
        assertThat(number(lines.get(1), 14)).isZero();
        // int8 changes the numbers, by no more than the project promises.
        assertThat(number(lines.get(8), 14)).isNotZero().isBetween(-0.01, 0.01);
        assertThat(number(lines.get(8), 13)).isBetween(1.0, 10.0);
    }

    @Test
    void aTextNeedsATokenizer() throws Exception {
        Path text = Files.writeString(folder.resolve("text.txt"), "once upon a time");
        Files.delete(model.resolve("tokenizer.json"));
        assertThat(speed("--chunks", "16", "--streams", "1", "--input", text.toString())
                        .refusal())
                .contains("has no tokenizer.json");
        assertThat(speed("--input", folder.resolve("none.txt").toString()).refusal())
                .startsWith("sinkstream speed: --input: " + folder.resolve("none.txt"));
    }

    private static double number(String line, int column) {
        return Double.parseDouble(List.of(line.split(",", -1)).get(column));
    }

    @Test
    void theInputIsNotOverwritten() throws Exception {
        Path text = Files.writeString(folder.resolve("text.txt"), "once upon a time");
        assertThat(speed("--input", text.toString(), "--output", text.toString(), "--overwrite")
                        .refusal())
                .startsWith("sinkstream speed: --output: " + text + " and --input " + text + " are the same");
        assertThat(text).hasContent("once upon a time");
    }

    @Test
    void anOutputIsNotOverwrittenUnasked() throws Exception {
        Path output = Files.writeString(folder.resolve("speed.csv"), "mine");
        assertThat(speed("--output", output.toString()).refusal())
                .isEqualTo("sinkstream speed: --output: " + output + " exists; remove it, or give --overwrite");
        assertThat(output).hasContent("mine");
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        assertThat(speed("--dtype", "float32,int4").refusal())
                .isEqualTo("sinkstream speed: --dtype: \"int4\" is wrong; allowed is auto, float32, bfloat16 or int8");
        assertThat(speed("--device", "gpu").refusal()).startsWith("sinkstream speed: --device: there is no GPU that ");
        assertThat(speed("--chunks", "1").refusal())
                .isEqualTo(
                        "sinkstream speed: --chunks: \"1\" is wrong; allowed is a whole number from 2 to 2147483647");
        assertThat(speed("--rounds", "0").refusal()).startsWith("sinkstream speed: --rounds: \"0\" is wrong");
        assertThat(speed("--table-format", "sql").refusal())
                .isEqualTo(
                        "sinkstream speed: --table-format: \"sql\" is wrong; allowed is text, markdown, csv or json");
    }
}
