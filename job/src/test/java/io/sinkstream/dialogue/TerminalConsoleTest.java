package io.sinkstream.dialogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A dialogue at a terminal: what the keys do. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TerminalConsoleTest {
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";
    private static final String UP = "\u001b[A";

    @TempDir
    private Path folder;

    private final PipedOutputStream keys = new PipedOutputStream();
    private final Screen screen = new Screen();
    private TerminalConsole console;

    @BeforeEach
    void open() throws IOException {
        console = console(keys, Optional.empty());
    }

    private TerminalConsole console(PipedOutputStream pressed, Optional<Path> history) throws IOException {
        ExternalTerminal terminal =
                new ExternalTerminal("test", "ansi", new PipedInputStream(pressed, 1 << 16), screen, UTF_8);
        return new TerminalConsole(terminal, ChatCommands.names(), history);
    }

    @AfterEach
    void close() throws IOException {
        keys.close();
        console.close();
    }

    private void type(String text) throws IOException {
        keys.write(text.getBytes(UTF_8));
        keys.flush();
    }

    @Test
    void aLineIsAMessageWhateverIsInIt() throws IOException {
        type("don't! say \"no\" (to \\me)\r");

        assertThat(console.next()).hasValue("don't! say \"no\" (to \\me)");
    }

    @Test
    void aBackslashAtItsEndAsksForAnotherLine() throws IOException {
        type("one\\\rtwo\\\rthree\r");

        assertThat(console.next()).hasValue("one\ntwo\nthree");
    }

    @Test
    void linesBeforeAreThere() throws IOException {
        type("first\rsecond\r" + UP + UP + "\r");

        assertThat(console.next()).hasValue("first");
        assertThat(console.next()).hasValue("second");
        assertThat(console.next()).hasValue("first");
    }

    @Test
    void linesOfADialogueBeforeAreThereIfTheyAreKept() throws IOException {
        Path file = folder.resolve("history");
        SettingValues values = SettingValues.of(Map.of("prompt-history", file.toString()));
        assertThat(dialogue(PromptHistory.of(values), "one\\\rtwo\r")).isEqualTo("one\ntwo");

        assertThat(dialogue(PromptHistory.of(values), UP + "\r")).isEqualTo("one\ntwo");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(dialogue(Optional.empty(), UP + "three\r")).isEqualTo("three");
        assertThat(Files.readString(file)).contains("two").doesNotContain("three");
    }

    private String dialogue(Optional<Path> history, String pressed) throws IOException {
        try (PipedOutputStream other = new PipedOutputStream();
                TerminalConsole one = console(other, history)) {
            other.write(pressed.getBytes(UTF_8));
            other.flush();
            return one.next().orElseThrow();
        }
    }

    @Test
    void aHistoryThatCannotBeKeptIsRefusedIfItWasAskedFor() {
        Path none = folder.resolve("none/history");
        assertThatThrownBy(() -> PromptHistory.of(SettingValues.of(Map.of("prompt-history", none.toString()))))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("--prompt-history: " + none + " can't be made: ");
        assertThatThrownBy(() -> PromptHistory.of(SettingValues.of(Map.of("prompt-history", folder.toString()))))
                .hasMessage("--prompt-history: " + folder
                        + " is no file that can be read and written; none keeps no history");
        assertThat(PromptHistory.of(SettingValues.of(Map.of("prompt-history", "none"))))
                .isEmpty();
    }

    @Test
    void ctrlCDropsTheLineAndCtrlDEndsTheDialogue() throws IOException {
        screen.then("> ", "half a li");
        screen.then("half a li", CTRL_C);
        screen.then("> ", "whole\r");

        assertThat(console.next()).hasValue("whole");
        assertThat(screen.toString(UTF_8)).contains("(/exit or Ctrl-D ends the dialogue)");
        type(CTRL_D);
        assertThat(console.next()).isEmpty();
    }

    /** And the next line is read as any other. */
    @Test
    void ctrlCEndsTheAnswerAndNotTheProgram() throws IOException {
        DialogueOptions options = TinyDialogue.options(TinyDialogue.model(folder), "max-new-tokens", "100000000");
        AtomicInteger shown = new AtomicInteger();
        try (StreamModel model = StreamModel.open(options.model().options())) {
            Conversation conversation = new Conversation(model, options);
            ChatConsole pressing = new Pressing(console, () -> {
                // Once there is an answer to end.
                if (shown.incrementAndGet() == 3) {
                    type(CTRL_C);
                }
            });
            type("Who are you?\r/stats\r" + CTRL_D);

            new ChatLoop(conversation, pressing).run();

            assertThat(conversation.answered()).isBetween(3L, 1_000_000L);
            assertThat(conversation.turns()).isEqualTo(1);
            assertThat(conversation.state().position()).isEqualTo(15 + conversation.answered());
            assertThat(screen.toString(UTF_8)).contains("turns 1, tokens in the stream ");
        }
    }

    /** Has keys pressed once something is shown. */
    private final class Screen extends ByteArrayOutputStream {
        private final Deque<String[]> steps = new ArrayDeque<>();
        private int seen;

        void then(String shown, String pressed) {
            steps.add(new String[] {shown, pressed});
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) {
            super.write(bytes, from, length);
            press();
        }

        @Override
        public synchronized void write(int one) {
            super.write(one);
            press();
        }

        private void press() {
            String now = toString(UTF_8);
            int at = steps.isEmpty() ? -1 : now.indexOf(steps.peek()[0], seen);
            if (at >= 0) {
                String[] step = steps.remove();
                seen = at + step[0].length();
                try {
                    type(step[1]);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    /** Presses keys when a part of an answer is shown. */
    private record Pressing(ChatConsole console, Keys keys) implements ChatConsole {
        private interface Keys {
            void press() throws IOException;
        }

        @Override
        public Optional<String> next() {
            return console.next();
        }

        @Override
        public void show(String text) {
            console.show(text);
            try {
                keys.press();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void tell(String line) {
            console.tell(line);
        }

        @Override
        public Interruption listen() {
            return console.listen();
        }

        @Override
        public void close() {
            console.close();
        }
    }
}
