package io.sinkstream.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.PlainDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Turns and answers of one stream, against the plain decoder. */
class ConversationTest {
    /** Between the best two logits: below it rounding may decide. */
    private static final double CLOSE = 1e-3;

    @TempDir
    private static Path folder;

    private static PlainDecoder plain;

    @BeforeAll
    static void write() {
        plain = PlainDecoder.load(TinyDialogue.model(folder));
    }

    private static int[] joined(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }

    private static int[] next(String text) {
        int[] ids = TinyDialogue.first(text);
        return Arrays.copyOfRange(ids, 1, ids.length);
    }

    private static void requireAnswer(Answer answer, PlainDecoder.Continuation expected) {
        assertThat(expected.margin()).isGreaterThan(CLOSE);
        assertThat(answer.spoken().tokens()).isEqualTo(expected.tokens());
    }

    /** As one that was not, and whatever is drawn. */
    @ParameterizedTest
    @ValueSource(strings = {"attention_sinks", "recomputation"})
    void anAnswerThatWasCutOffGoesOn(String experiment) {
        String[] drawn = {"do-sample", "true", "top-k", "40", "experiment", experiment, "dtype", "float32"};
        DialogueOptions whole = TinyDialogue.options(folder, with(drawn, "max-new-tokens", "24"));
        DialogueOptions half = TinyDialogue.options(folder, drawn);
        try (StreamModel model = StreamModel.open(whole.model().options())) {
            Conversation expected = new Conversation(model, whole);
            Conversation cut = new Conversation(model, half);
            assertThatThrownBy(() -> cut.goOn(new Listening())).hasMessage("there is no answer that was cut off");
            int[] answer = expected.say(TinyDialogue.first("Why?"), new Listening())
                    .spoken()
                    .tokens();

            int[] first = cut.say(TinyDialogue.first("Why?"), new Listening())
                    .spoken()
                    .tokens();
            Answer second = cut.goOn(new Listening());

            assertThat(joined(first, second.spoken().tokens())).hasSize(24).isEqualTo(answer);
            assertThat(second.promptTokens()).isZero();
            assertThat(cut.state().position()).isEqualTo(expected.state().position());
            assertThat(cut.say(next("And?"), new Listening()).spoken().tokens())
                    .isEqualTo(Arrays.copyOf(
                            expected.say(next("And?"), new Listening()).spoken().tokens(), TinyDialogue.NEW_TOKENS));
        }
    }

    private static String[] with(String[] first, String... more) {
        String[] all = Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }

    @Test
    void turnsAndAnswersAreOneStream() {
        DialogueOptions options = TinyDialogue.options(folder);
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            int[] stream = new int[0];
            for (String text : List.of("Who are you?", "Tell me about the sea.", "Why?")) {
                int[] turn = stream.length == 0 ? TinyDialogue.first(text) : next(text);
                assertThat(conversation.tokens(text)).isEqualTo(turn);
                int[] before = stream;
                stream = joined(stream, turn);

                Answer answer = conversation.say(turn, new Listening());

                requireAnswer(
                        answer,
                        plain.continuation(stream, TinyDialogue.NEW_TOKENS, TinyDialogue.SINKS, TinyDialogue.WINDOW));
                double[] nll = plain.nll(stream, TinyDialogue.SINKS, TinyDialogue.WINDOW);
                double mean = Arrays.stream(nll)
                        .skip(Math.max(0, before.length - 1))
                        .average()
                        .orElseThrow();
                assertThat(Math.log(answer.promptPerplexity())).isCloseTo(mean, within(1e-4));
                stream = joined(stream, answer.spoken().tokens());
            }
            assertThat(conversation.state().position()).isEqualTo(stream.length);
            assertThat(conversation.turns()).isEqualTo(3);
            assertThat(conversation.answered()).isEqualTo(3L * TinyDialogue.NEW_TOKENS);
            assertThat(model.usage().rebuiltTokens()).isZero();
        }
    }

    /** It is read in pieces, and no token of it is left out. */
    @Test
    void aPromptLongerThanTheWindowIsReadToItsEnd() {
        DialogueOptions options = TinyDialogue.options(folder);
        String text = "All work and no play makes Jack a dull boy. ".repeat(220);
        try (StreamModel model = StreamModel.open(options.model().options())) {
            int[] prompt = TinyDialogue.first(text);
            assertThat(prompt.length).isGreaterThan(2 * CachedSpeaker.PIECE);
            Conversation conversation = new Conversation(model, options);
            Listening listening = new Listening();

            Answer answer = conversation.say(conversation.tokens(text), listening);

            var whole =
                    model.advance(StreamUpdate.generate(null, model.start(), prompt, TinyDialogue.NEW_TOKENS, true));
            assertThat(answer.spoken().tokens()).isEqualTo(whole.continuation().tokens());
            assertThat(Math.log(answer.promptPerplexity()))
                    .isCloseTo(Arrays.stream(whole.nll()).skip(1).average().orElseThrow(), within(1e-4));
            assertThat(conversation.state().hash()).isEqualTo(whole.state().hash());
            assertThat(listening.read).containsExactly(CachedSpeaker.PIECE, 2 * CachedSpeaker.PIECE);
        }
    }

    @Test
    void aPromptThatIsGivenUpLeavesWhatWasReadOfIt() {
        DialogueOptions options = TinyDialogue.options(folder);
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            Listening impatient = new Listening();
            impatient.most = 0;

            Answer answer = conversation.say(conversation.tokens("a".repeat(9_000)), impatient);

            assertThat(answer.tokens()).isZero();
            assertThat(answer.text()).isEmpty();
            assertThat(conversation.state().position()).isEqualTo(CachedSpeaker.PIECE);
        }
    }

    @Test
    void anAnswerThatIsCutShortStaysInTheStream() {
        DialogueOptions options = TinyDialogue.options(folder);
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            Listening impatient = new Listening();
            impatient.most = 5;

            Answer cut = conversation.say(conversation.tokens("Who are you?"), impatient);
            Answer answer = conversation.say(conversation.tokens("Why?"), new Listening());

            assertThat(cut.spoken().finish()).isEqualTo(FinishReason.STOP);
            assertThat(cut.tokens()).isEqualTo(5);
            int[] stream =
                    joined(TinyDialogue.first("Who are you?"), cut.spoken().tokens(), next("Why?"));
            requireAnswer(
                    answer,
                    plain.continuation(stream, TinyDialogue.NEW_TOKENS, TinyDialogue.SINKS, TinyDialogue.WINDOW));
            assertThat(model.usage().rebuiltTokens()).isZero();
        }
    }

    @Test
    void windowedHasNoSinksAndAsManyTokens() {
        DialogueOptions options = TinyDialogue.options(folder, "experiment", "windowed");
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            String text = "A question that is longer than the window of this model.";

            Answer answer = conversation.say(conversation.tokens(text), new Listening());

            requireAnswer(
                    answer,
                    plain.continuation(
                            TinyDialogue.first(text),
                            TinyDialogue.NEW_TOKENS,
                            0,
                            TinyDialogue.SINKS + TinyDialogue.WINDOW));
        }
    }

    @Test
    void recomputationRunsTheLastTokensAnewForEachToken() {
        DialogueOptions options = TinyDialogue.options(folder, "experiment", "recomputation");
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            int[] stream = new int[0];
            for (String text : List.of("A question that is longer than the window.", "Why?")) {
                stream = joined(stream, conversation.tokens(text));

                Answer answer = conversation.say(conversation.tokens(text), new Listening());

                double nll = 0;
                for (int token : answer.spoken().tokens()) {
                    int from = Math.max(0, stream.length - TinyDialogue.SINKS - TinyDialogue.WINDOW - 1);
                    int[] context = Arrays.copyOfRange(stream, from, stream.length);
                    PlainDecoder.Continuation one = plain.continuation(context, 1, 0, context.length);
                    assertThat(one.margin()).isGreaterThan(CLOSE);
                    assertThat(token).isEqualTo(one.tokens()[0]);
                    stream = joined(stream, new int[] {token});
                    double[] all = plain.nll(joined(context, new int[] {token}), 0, context.length);
                    nll += all[all.length - 1];
                }
                assertThat(answer.tokens()).isEqualTo(TinyDialogue.NEW_TOKENS);
                assertThat(answer.spoken().nll()).isCloseTo(nll, within(1e-3));
                assertThat(answer.promptPerplexity()).isNaN();
            }
            assertThat(conversation.state().position()).isEqualTo(stream.length);
        }
    }

    /** What is drawn at one place is no hint of what is drawn at the next, though all contexts begin at 0. */
    @Test
    void recomputationDrawsByThePlaceInTheStream() {
        DialogueOptions options = TinyDialogue.options(
                folder, "experiment", "recomputation", "do-sample", "true", "temperature", "1000", "top-k", "0");
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);

            Answer answer = conversation.say(conversation.tokens("x".repeat(60)), new Listening());

            assertThat(Arrays.stream(answer.spoken().tokens()).distinct().count())
                    .isGreaterThan(TinyDialogue.NEW_TOKENS / 2);
        }
    }

    @Test
    void transformersKeepsAllAndEndsWithTheModelsContext() throws IOException {
        Path small = folder.resolve("small");
        TinyDialogue.model(small);
        Path config = small.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceAll("\"max_position_embeddings\": \\d+", "\"max_position_embeddings\": 64"));
        DialogueOptions options = TinyDialogue.options(small, "experiment", "transformers");
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            String text = "x".repeat(42);

            Answer first = conversation.say(conversation.tokens(text), new Listening());
            requireAnswer(first, plain.continuation(TinyDialogue.first(text), TinyDialogue.NEW_TOKENS, 0, 64));
            Answer second = conversation.say(conversation.tokens("a"), new Listening());

            assertThat(second.isCut()).isTrue();
            assertThat(second.tokens()).isEqualTo(64 - 45 - TinyDialogue.NEW_TOKENS - 3);
            assertThat(conversation.state().position()).isEqualTo(64);
            StreamState before = conversation.state();
            assertThatThrownBy(() -> conversation.say(conversation.tokens("a"), new Listening()))
                    .isInstanceOf(ContextFullException.class)
                    .hasMessageContaining("context of 64 tokens has no room for these 3 behind the 64");
            assertThat(conversation.state()).isSameAs(before);
            conversation.reset();
            assertThat(conversation
                            .say(conversation.tokens(text), new Listening())
                            .spoken()
                            .tokens())
                    .isEqualTo(first.spoken().tokens());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"attention_sinks", "recomputation"})
    void aStopTextEndsAnAnswerUnderAnyRule(String experiment) {
        DialogueOptions plainly = TinyDialogue.options(folder, "experiment", experiment);
        String text;
        try (StreamModel model = StreamModel.open(plainly.model().options())) {
            Conversation conversation = new Conversation(model, plainly);
            Answer answer = conversation.say(conversation.tokens("Who are you?"), new Listening());
            text = answer.text();
        }
        int at = text.codePoints().limit(3).map(Character::charCount).sum();
        String stop = text.substring(at, text.offsetByCodePoints(at, 1));
        DialogueOptions stopping = TinyDialogue.options(folder, "experiment", experiment, "stop", stop);
        try (StreamModel model = StreamModel.open(stopping.model().options())) {
            Conversation conversation = new Conversation(model, stopping);
            Listening listening = new Listening();

            Answer answer = conversation.say(conversation.tokens("Who are you?"), listening);

            assertThat(answer.spoken().finish()).isEqualTo(FinishReason.STOP);
            assertThat(answer.text())
                    .isEqualTo(text.substring(0, text.indexOf(stop)))
                    .isEqualTo(listening.text.toString());
        }
    }

    @Test
    void moreThanOneExperimentOrAnUnknownContextIsRefused() throws IOException {
        assertThatThrownBy(() -> TinyDialogue.options(folder, "experiment", "windowed,transformers"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--experiment: there are 2; one stream takes one of them");
        Path endless = folder.resolve("endless");
        TinyDialogue.model(endless);
        Path config = endless.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("max_position_embeddings", "longest"));
        assertThatThrownBy(() -> TinyDialogue.options(endless, "experiment", "transformers"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("does not say how long that is");
    }

    /** Keeps what it hears, and may have enough. */
    private static final class Listening implements Hearer {
        private final StringBuilder text = new StringBuilder();
        private final List<Integer> read = new ArrayList<>();
        private int most = Integer.MAX_VALUE;
        private int heard;

        @Override
        public void drawn(int token, double nll, String piece) {
            heard++;
            text.append(piece);
        }

        @Override
        public boolean isEnough() {
            return heard >= most;
        }

        @Override
        public void ended(String rest) {
            text.append(rest);
        }

        @Override
        public void reading(int done, int all) {
            read.add(done);
        }
    }
}
