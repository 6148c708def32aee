package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate --endless}. */
class EndlessGenerationTest {
    private static final int WINDOW = 28;
    private static final int TOKENS = 1_500;

    @TempDir
    private Path folder;

    private Path model;
    private Path text;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        text = folder.resolve("story.txt");
    }

    private Command endless(int tokens, String... more) {
        List<String> args = new ArrayList<>(List.of(
                "generate",
                "--model",
                model.toString(),
                "--attention-sink-window-size",
                "" + WINDOW,
                "--endless",
                "" + tokens));
        args.addAll(List.of(more));
        return Command.alone(args.toArray(String[]::new));
    }

    @Test
    void oneStreamIsWrittenWithARowForEveryThousandTokens() throws IOException {
        Command done = endless(TOKENS, "--prompt", "Once", "--ignore-eos", "--output", text.toString())
                .succeeded();

        String expected;
        double nll;
        try (StreamModel alone = StreamModel.open(ModelOptions.of(model).withAttention(4, WINDOW))) {
            var whole = alone.advance(
                    StreamUpdate.generate(null, alone.start(), Streams.ids(List.of("Once"), ""), TOKENS, true));
            expected =
                    alone.tokenizer().orElseThrow().decode(whole.continuation().tokens());
            nll = whole.continuation().nll();
        }
        assertThat(done.out()).isEqualTo(expected + System.lineSeparator());
        assertThat(text).hasContent(expected);
        List<String> record = Files.readAllLines(folder.resolve("story.txt.csv"));
        assertThat(record.get(0))
                .isEqualTo(
                        "tokens,perplexity,overall_perplexity,distinct_1,distinct_2,distinct_3,distinct_4,repetition,"
                                + "seconds,tokens_per_second,resident_mib");
        assertThat(record).hasSize(3);
        assertThat(record.get(1)).startsWith("1000,");
        String[] last = record.get(2).split(",", -1);
        assertThat(last[0]).isEqualTo("" + TOKENS);
        assertThat(Double.parseDouble(last[2])).isCloseTo(Math.exp(nll / TOKENS), within(1e-4));
        assertThat(done.err()).contains("1,000 tokens, ").contains("ended after 1,500 tokens");
    }

    /** Where the model would end it, it can't, unless its end is a token like others. */
    @Test
    void theModelCannotEndIt() {
        Command done = endless(300, "--do-sample", "--temperature", "5", "--top-k", "0")
                .succeeded();

        assertThat(done.err()).contains("ended after 300 tokens");
    }

    @Test
    void aStopTextDoes() {
        String written = endless(40, "--prompt", "Once").succeeded().out();
        String stop = written.substring(5, 6);

        Command done = endless(40, "--prompt", "Once", "--stop", stop).succeeded();

        assertThat(done.out().strip())
                .isEqualTo(written.substring(0, written.indexOf(stop)).strip());
        assertThat(done.err()).contains("a stop text or token came");
    }

    @Test
    void transformersEndsWhereTheContextDoes() {
        Command done =
                endless(600, "--prompt", "Once", "--experiment", "transformers").succeeded();

        // 512 less BOS and four bytes.
        assertThat(done.err()).contains("ended after 507 tokens: the model's context of 512 is full");
    }

    @Test
    void whatCannotBeDoneIsRefusedInOneLine() throws IOException {
        Files.writeString(text, "mine");
        assertThat(endless(9, "--input", "rows.jsonl").refusal())
                .contains("--input and --endless: one stream without end has no rows");
        assertThat(endless(9, "--max-new-tokens", "5").refusal())
                .contains("--max-new-tokens and --endless: both say how many tokens there are");
        assertThat(endless(0).refusal()).contains("--endless: \"0\" is wrong");
        assertThat(endless(9, "--chat").refusal()).contains("--chat needs a turn of the user: give --prompt");
        assertThat(endless(9, "--chat", "--prompt", "Hi").refusal()).contains("has no chat template");
        assertThat(endless(9, "--output", text.toString()).refusal())
                .contains("exists; remove it, or give --overwrite");
        assertThat(text).hasContent("mine");
        assertThat(Command.alone("generate", "--input", "rows.jsonl", "--prompt", "Hi")
                        .refusal())
                .contains("--prompt goes with --endless, which is missing");
        Path bare = Files.createDirectories(folder.resolve("bare"));
        TinyModels.of(TinyModels.Shape.llama())
                .tokenizer(TinyModels.Prefix.NONE)
                .write(bare);
        model = bare;
        assertThat(endless(9).refusal())
                .contains("--prompt: there is none, and the tokenizer puts nothing in front of a text");
    }
}
