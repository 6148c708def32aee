package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code train --objective masked}, alone and compared, from two texts to a table. */
final class EncoderExperimentTest {
    private static final int STEPS = 60;
    private static final int FEW_STEPS = 20;

    @TempDir
    private static Path folder;

    private static Path text;
    private static Path heldOut;

    @BeforeAll
    static void write() throws IOException {
        text = TrainingRun.text(folder.resolve("text.jsonl"));
        List<String> lines = new ArrayList<>();
        for (int seq = 0; seq < 12; seq++) {
            lines.add(String.format(
                    Locale.ROOT,
                    "{\"key\": \"h\", \"seq\": %d, \"text\": \"INFO worker-%d waits for task %d\"}",
                    seq,
                    seq % 3,
                    seq * 7 % 10));
        }
        heldOut = Files.write(folder.resolve("heldout.jsonl"), lines);
    }

    private static Command masked(Path output, String... more) {
        List<String> options = new ArrayList<>(List.of("--objective", "masked", "--batch", "8"));
        options.addAll(List.of(more));
        return Command.run(TrainingRun.train(text, output, STEPS, options.toArray(String[]::new))
                .toArray(String[]::new));
    }

    private static Command compared(Path output, String... more) {
        List<String> options = new ArrayList<>(List.of("--compare", "sinks"));
        options.addAll(List.of("--validation-input", heldOut.toString(), "--attention-sink-window-size", "4"));
        options.addAll(List.of("--steps", "" + FEW_STEPS));
        options.addAll(List.of(more));
        return masked(output, options.toArray(String[]::new));
    }

    @Test
    void anEncoderLearnsItsTextAndIsTakenForNoDecoder() throws Exception {
        Path model = folder.resolve("encoder");

        Command run = masked(model, "--attention-sink-size", "2", "--attention-sink-window-size", "8")
                .succeeded();

        assertThat(run.out()).contains("a vocabulary of 301", "written to " + model);
        List<String> log = Files.readAllLines(model.resolve("loss.csv"));
        // ln 301 is 5.7, and what it comes to for how often each token comes about 4.
        assertThat(number(log.get(1), 2)).isGreaterThan(5);
        assertThat(number(log.get(STEPS), 2)).isLessThan(3.2);
        assertThat(number(log.get(STEPS), 3)).isLessThan(3.2);
        JsonObject config = JsonParser.parseString(Files.readString(model.resolve("config.json")))
                .getAsJsonObject();
        assertThat(config.get("model_type").getAsString()).isEqualTo("sinkstream_encoder");
        assertThat(config.get("mask_token_id").getAsInt()).isEqualTo(300);
        assertThat(config.get("attention_sink_size").getAsInt()).isEqualTo(2);
        assertThat(config.get("attention_sink_window_size").getAsInt()).isEqualTo(8);
        assertThat(Command.run(
                                "score",
                                "--model",
                                model.toString(),
                                "--input",
                                text.toString(),
                                "--key",
                                "key",
                                "--order",
                                "seq",
                                "--output",
                                folder.resolve("never").toString())
                        .refusal())
                .contains("model_type", "sinkstream_encoder");
    }

    @Test
    void encodersAreTrainedAlikeAndReadInEachWay() throws Exception {
        Path output = folder.resolve("encoders");

        Command run = compared(output, "--sink", "none").succeeded();

        List<String> lines = Files.readAllLines(output.resolve("encoders.csv"));
        assertThat(lines.get(0)).isEqualTo("variant,reading,sinks,window,perplexity,tokens");
        assertThat(lines.stream().skip(1).map(line -> line.replaceFirst("(,[^,]+){2}$", "")))
                .containsExactly(
                        "dense,blocks,0,32",
                        "dense,window,0,4",
                        "dense,sinks,4,4",
                        "dense,global,4,4",
                        "window,blocks,0,4",
                        "window,window,0,4",
                        "window,sinks,4,4",
                        "window,global,4,4",
                        "global,blocks,4,4",
                        "global,window,0,4",
                        "global,sinks,4,4",
                        "global,global,4,4");
        assertThat(lines.stream().skip(1).map(line -> number(line, 4)))
                .allSatisfy(perplexity -> assertThat(perplexity).isBetween(1.0, 300.0));
        assertThat(lines.stream().skip(1).map(line -> number(line, 5)).distinct())
                .hasSize(1);
        assertThat(ImageIO.read(output.resolve("encoders.png").toFile()).getWidth())
                .isEqualTo(900);
        assertThat(run.out()).contains("pseudo-perplexity of ", "blocks", "written to " + output);
        for (String variant : List.of("dense", "window", "global")) {
            assertThat(run.out()).containsPattern("(?m)^  " + variant + " .*\\d\\.\\d{3}");
            List<String> log = Files.readAllLines(output.resolve(variant).resolve("loss.csv"));
            assertThat(number(log.get(FEW_STEPS), 2)).as(variant).isLessThan(number(log.get(1), 2) - 0.5);
        }

        assertThat(compared(output, "--sink", "none").succeeded().out()).isEqualTo(run.out());
        assertThat(compared(output, "--sink", "none", "--objective", "causal").code())
                .isEqualTo(2);
    }

    private static double number(String line, int cell) {
        return Double.parseDouble(line.split(",", -1)[cell]);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            --sink zero                        | --sink: zero is a decoder's; --objective masked takes none or learnable
            --sink head                        | --sink: head is a decoder's
            --attention-sink-size 32           | --attention-sink-size: 32 first tokens are all of a sample of --context 32
            --attention-sink-size 0            | --attention-sink-size: 0 leaves nothing to compare a window with
            --attention-sink-window-size 16    | --attention-sink-window-size: 16 to each side is all of a sample of --context 32
            --initial-model builtin            | --initial-model builtin is what it is; leave one of the two out
            --objective both                   | --objective
            """)
    void whatMakesNoSenseIsToldInOneLine(String options, String told) {
        assertThat(compared(folder.resolve("never"), options.split(" ")).refusal())
                .contains(told);
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void aDecoderHasNoSpan() {
        assertThat(Command.run(TrainingRun.train(text, folder.resolve("never"), 1, "--attention-sink-size", "2")
                                .toArray(String[]::new))
                        .refusal())
                .contains("--attention-sink-size: --objective causal trains on all of a sample");
    }
}
