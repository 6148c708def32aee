package io.sinkstream.dialogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.stream.StreamModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dialogues by lines. */
class ChatLoopTest {
    @TempDir
    private static Path folder;

    private static DialogueOptions options;
    private static StreamModel model;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void load() {
        options = TinyDialogue.options(TinyDialogue.model(folder.resolve("model")));
        model = StreamModel.open(options.model().options());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private List<String> talk(String... lines) {
        return talk(options, model, lines);
    }

    private List<String> talk(DialogueOptions how, StreamModel loaded, String... lines) {
        BufferedReader in = new BufferedReader(new StringReader(String.join("\n", lines)));
        try (PlainConsole console = new PlainConsole(in, new PrintWriter(out, true), new PrintWriter(err, true))) {
            new ChatLoop(new Conversation(loaded, how), console).run();
        }
        return err.toString().lines().toList();
    }

    private static String answer(String... turns) {
        var state = model.start();
        String text = null;
        for (String turn : turns) {
            int[] ids = TinyDialogue.first(turn);
            int[] tokens = state.position() == 0 ? ids : Arrays.copyOfRange(ids, 1, ids.length);
            Spoken spoken = new CachedSpeaker(model).speak(state, tokens, options.task(), new Deaf());
            state = spoken.state();
            text = spoken.answer().text();
        }
        return text + System.lineSeparator();
    }

    @Test
    void answersAreWrittenAsTheyComeAndNothingBesideThem() {
        List<String> told = talk("Who are you?", "", "Why?");

        assertThat(out.toString()).isEqualTo(answer("Who are you?") + answer("Who are you?", "Why?"));
        assertThat(told)
                .containsExactly(
                        "(cut off after the 12 tokens of --max-new-tokens; /continue goes on)",
                        "(cut off after the 12 tokens of --max-new-tokens; /continue goes on)");
    }

    @Test
    void aLineThatEndsWithABackslashGoesOn() {
        talk("Who\\", "are you?\\", "", "/exit", "Why?");

        assertThat(out.toString()).isEqualTo(answer("Who\nare you?\n"));
    }

    @Test
    void aResetBeginsAnew() {
        assertThat(talk("Who are you?", "/reset", "Why?")).contains("(the stream is empty)");

        assertThat(out.toString()).isEqualTo(answer("Who are you?") + answer("Why?"));
    }

    @Test
    void anAnswerThatWasCutOffGoesOn() {
        List<String> told = talk("Who are you?", "/continue", "/stats");

        assertThat(out.toString()).startsWith(answer("Who are you?")).hasSizeGreaterThan(20);
        assertThat(told.get(2)).startsWith("turns 1, tokens in the stream 39, answered 24, their perplexity ");
    }

    @Test
    void thereIsNothingToGoOnWithButAnAnswerThatWasCutOff() {
        String none = "(there is no answer that was cut off)";

        assertThat(talk("/continue", "Who are you?", "/reset", "/continue", "/continue now"))
                .containsExactly(
                        none,
                        "(cut off after the 12 tokens of --max-new-tokens; /continue goes on)",
                        "(the stream is empty)",
                        none,
                        "(/continue takes nothing behind it, and there is \"now\")");
    }

    @Test
    void aSavedStreamGoesOnAsIfItHadNotEnded() throws IOException {
        Path file = folder.resolve("saved stream");
        assertThat(talk("Who are you?", "/save " + file, "Why?", "/load " + file, "Why?"))
                .contains(
                        "(27 tokens of a stream are saved in " + file + ")",
                        "(a stream of 27 tokens; the next turn runs its last 26 again)");
        String later = answer("Who are you?", "Why?");
        assertThat(out.toString()).isEqualTo(answer("Who are you?") + later + later);

        try (StreamModel other = StreamModel.open(options.model().options())) {
            talk(options, other, "/load " + file, "Why?", "/save " + file);
        }
        assertThat(out.toString()).endsWith(later + later);
        assertThat(folder.resolve("saved stream.part")).doesNotExist();
    }

    @Test
    void whatCannotBeObeyedIsToldInALineAndTheDialogueGoesOn() throws IOException {
        Path file = folder.resolve("stream");
        Path text = Files.writeString(folder.resolve("text"), "no stream");
        DialogueOptions narrow = TinyDialogue.options(folder.resolve("model"), "attention-sink-window-size", "27");
        try (StreamModel narrower = StreamModel.open(narrow.model().options())) {
            talk(narrow, narrower, "Who are you?", "/save " + file);
        }
        err.getBuffer().setLength(0);
        byte[] whole = Files.readAllBytes(file);
        Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length - 3));

        List<String> told = talk(
                "/load",
                "/load " + folder.resolve("none"),
                "/load " + text,
                "/load " + folder,
                "/load " + file,
                "/load " + cut,
                "/save " + text,
                "/save " + folder.resolve("no/such"),
                "/stop it",
                "/stats now",
                "/help",
                "Who are you?");

        assertThat(told.subList(0, 10))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("(/load needs the name of a file)"),
                        line -> assertThat(line).contains("none can't be read: java.nio.file.NoSuchFileException"),
                        line -> assertThat(line).endsWith("text is no stream that was saved)"),
                        line -> assertThat(line).endsWith("is no stream that was saved)"),
                        line -> assertThat(line)
                                .endsWith(
                                        "stream is a stream of 4 sinks and a window of 27, and this one has 4 and 28)"),
                        line -> assertThat(line).contains("cut is a stream of 4 sinks"),
                        line -> assertThat(line).contains("text exists, and is no stream that was saved"),
                        line -> assertThat(line).contains("can't be written: java.nio.file.NoSuchFileException"),
                        line -> assertThat(line)
                                .startsWith("(/stop is no command; there are /reset, /stats, /save, /load"),
                        line -> assertThat(line).startsWith("(/stats takes nothing behind it"));
        assertThat(told).anyMatch(line -> line.startsWith("/save FILE"));
        assertThat(text).hasContent("no stream");
        assertThat(out.toString()).endsWith(answer("Who are you?"));
    }

    @Test
    void aStreamOfAnotherModelOrABrokenOneIsRefused() throws IOException {
        Path file = folder.resolve("mine");
        talk("Who are you?", "/save " + file);
        byte[] whole = Files.readAllBytes(file);
        Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length - 3));
        Path other = folder.resolve("other");
        TinyDialogue.model(other);
        Path config = other.resolve("config.json");
        Files.writeString(
                config, Files.readString(config).replaceAll("\"rope_theta\": [0-9.]+", "\"rope_theta\": 77777.0"));
        DialogueOptions others = TinyDialogue.options(other);
        err.getBuffer().setLength(0);

        talk("/load " + cut);
        try (StreamModel second = StreamModel.open(others.model().options())) {
            talk(others, second, "/load " + file);
        }

        assertThat(err.toString().lines())
                .satisfiesExactly(line -> assertThat(line).contains("cut is broken: "), line -> assertThat(line)
                        .contains("mine is a stream of another model"));
    }

    @Test
    void statsTellWhatTheStreamHas() {
        List<String> told = talk("Who are you?", "/stats");

        assertThat(told.get(1)).startsWith("turns 1, tokens in the stream 27, answered 12, their perplexity ");
        assertThat(told.get(2)).startsWith("attention_sinks: 4 sinks, a window of 28; all turns took ");
    }

    private static final class Deaf implements Hearer {
        @Override
        public void drawn(int token, double nll, String text) {
            // The result has it all.
        }

        @Override
        public void ended(String text) {
            // The result has it all.
        }

        @Override
        public void reading(int done, int all) {
            // The result has it all.
        }
    }
}
