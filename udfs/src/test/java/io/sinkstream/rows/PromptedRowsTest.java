package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.chat.ChatTurns;
import io.sinkstream.checkpoint.ChatSource;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import io.sinkstream.testing.TinyTokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens a row's text becomes: by a chat template, or by one that is the same for every row. */
class PromptedRowsTest {
    private static final Prompt CHAT = new Prompt.Chat(ChatTurns.of(
            new ChatSource(
                    "{{ bos_token }}{% for m in messages %}{% if m.content == 'no' %}{{ raise_exception('not a word') }}{% endif %}"
                            + "{% if m.role == 'user' %}[{{ m.content }}]{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}",
                    "here", Map.of("bos_token", "<s>", "eos_token", "</s>")),
            Clock.systemUTC()));

    private final FormulaModel numbers = new FormulaModel();
    private final MemoryStreams memory = new MemoryStreams(numbers::start, numbers::forget, "query");
    private TextTokenizer tokenizer;

    @TempDir
    Path folder;

    /** A row of text. */
    private record Said(String key, int order, String text) {}

    private static final class SaidFields implements RowFields<Said> {
        @Override
        public String key(Said row) {
            return row.key();
        }

        @Override
        public boolean isOrdered() {
            return true;
        }

        @Override
        public Order order(Said row) {
            return Order.of(row.order());
        }

        @Override
        public boolean hasContent(Said row) {
            return row.text() != null;
        }

        @Override
        public String text(Said row) {
            return row.text();
        }

        @Override
        public int[] tokens(Said row) {
            throw new AssertionError("rows hold texts");
        }

        @Override
        public long bytes(Said row) {
            return 100;
        }
    }

    @BeforeEach
    void open() {
        tokenizer = TextTokenizer.open(
                TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(folder).resolve("tokenizer.json"));
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private RowModel model() {
        return new RowModel() {
            @Override
            public List<CompletableFuture<StreamResult>> submit(List<StreamUpdate> updates) {
                return numbers.submit(updates);
            }

            @Override
            public Optional<String> problem(int[] tokens) {
                return numbers.problem(tokens);
            }

            @Override
            public StreamState start() {
                return numbers.start();
            }

            @Override
            public int vocabulary() {
                return numbers.vocabulary();
            }

            @Override
            public TextTokenizer tokenizer() {
                return tokenizer;
            }
        };
    }

    private List<RowResult<Said>> run(Prompt prompt, RowTask task, Said... rows) {
        List<RowResult<Said>> results = new ArrayList<>();
        new RowEngine<>(
                        List.of(rows).iterator(),
                        new SaidFields(),
                        model(),
                        task,
                        new RowOptions(RowOptions.Content.TEXT, prompt, "", LateRows.ERROR, 100),
                        memory,
                        new SliceLimits(1_000, 10_000, 1_000_000))
                .forEachRemaining(results::add);
        return results;
    }

    private List<RowResult<Said>> continued(Prompt prompt, Said... rows) {
        return run(prompt, new RowTask.Continue(2, true, Sampling.GREEDY, 0), rows);
    }

    /** The tokens that were given to the model, as text in which special tokens stand by their names. */
    private List<String> given() {
        return numbers.updates().stream()
                .map(update -> Arrays.stream(update.tokens())
                        .mapToObj(token -> token == TinyTokenizer.BOS
                                ? "<s>"
                                : token == TinyTokenizer.EOS ? "</s>" : Character.toString(token - TinyTokenizer.BYTES))
                        .reduce("", String::concat))
                .toList();
    }

    @Test
    void aRowIsATurnOfItsStreamsDialogue() {
        continued(CHAT, new Said("a", 1, "Hi"), new Said("a", 2, "Why?"), new Said("b", 1, ""));

        assertThat(given()).containsExactlyInAnyOrder("<s>[Hi]", "</s>[Why?]", "<s>[]");
    }

    @Test
    void aRowThatTheTemplateRefusesCostsNoOther() {
        List<RowResult<Said>> results =
                continued(CHAT, new Said("a", 1, "no"), new Said("a", 2, "Hi"), new Said("a", 3, "no"));

        assertThat(results.get(0).outcome())
                .isEqualTo(new RowOutcome.Bad(RowProblem.TEMPLATE, "here line 1: not a word"));
        assertThat(results.get(2).outcome()).isInstanceOf(RowOutcome.Bad.class);
        assertThat(given()).containsExactly("<s>[Hi]");
    }

    /** What was to begin a dialogue gets no finite number, so that the row behind it begins it. */
    @Test
    void theFirstGoodRowBeginsTheDialogue() {
        int poison = TinyTokenizer.BYTES + '!';
        numbers.answering(update -> Arrays.stream(update.tokens()).noneMatch(token -> token == poison)
                ? Optional.empty()
                : Optional.of(new StreamResult.Advanced(
                        update.state(),
                        IntStream.range(0, update.tokens().length)
                                .mapToDouble(i -> Double.NaN)
                                .toArray(),
                        new Continuation(new int[] {5}, Double.NaN, FinishReason.LENGTH))));

        List<RowResult<Said>> results =
                continued(CHAT, new Said("b", 1, "x"), new Said("a", 1, "!"), new Said("a", 2, "Hi"));

        assertThat(results.get(1).outcome()).isInstanceOf(RowOutcome.Bad.class);
        assertThat(given()).contains("<s>[!]", "<s>[Hi]").doesNotContain("</s>[Hi]");
    }

    @Test
    void aPromptWithABosGetsNoSecondOne() {
        continued(new Prompt.Filled("<s>Q {text}"), new Said("a", 1, "x"), new Said("a", 2, "y"));
        continued(new Prompt.Filled("Q {text}"), new Said("b", 1, "x"), new Said("b", 2, "y"));

        assertThat(given()).containsExactly("<s>Q x", "<s>Q y", "<s>Q x", "Q y");
    }

    /** What is scored is the text as transformers encodes it. */
    @Test
    void aTextThatIsScoredStaysAsItIs() {
        run(Prompt.TEXT, new RowTask.Score(false, TokenDetails.NONE), new Said("a", 1, "<s>x"), new Said("a", 2, "y"));

        assertThat(given()).containsExactly("<s><s>xy");
    }

    @Test
    void theLimitIsOfTheRowsOwnText() {
        String largest = "é".repeat(50);

        List<RowResult<Said>> results = continued(CHAT, new Said("a", 1, largest), new Said("a", 2, largest + "x"));

        assertThat(given()).hasSize(1);
        assertThat(((RowOutcome.Bad) results.get(1).outcome()).problem()).isEqualTo(RowProblem.TOO_LARGE);
        assertThat(largest.getBytes(StandardCharsets.UTF_8)).hasSize(100);
    }
}
