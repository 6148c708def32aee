package io.sinkstream.dialogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * A dialogue in a terminal: lines that can be edited, the ones before by the arrow keys, several in one message behind a
 * backslash or as they are pasted. Ctrl-C ends an answer, or drops the line at hand; Ctrl-D ends the dialogue.
 */
public final class TerminalConsole implements ChatConsole {
    private final Terminal terminal;
    private final LineReader reader;

    /**
     * In a terminal, which is closed with it.
     *
     * @param commands what the tabulator completes
     * @param history where lines are kept for the next one; empty if they are forgotten with it
     */
    TerminalConsole(Terminal terminal, Collection<String> commands, Optional<Path> history) {
        this.terminal = terminal;
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("sinkstream")
                .parser(new Lines())
                .completer(new StringsCompleter(commands))
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, ". ")
                // An exclamation mark is one.
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
        history.ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
        reader = builder.build();
    }

    /**
     * In the terminal that the program was started in. The caller closes it.
     *
     * @param history where lines are kept for the next one; empty if they are forgotten with it
     */
    public static TerminalConsole open(Optional<Path> history) {
        try {
            return new TerminalConsole(TerminalBuilder.builder().system(true).build(), ChatCommands.names(), history);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Optional<String> next() {
        while (true) {
            try {
                return Optional.of(reader.readLine("> ").replace("\\\n", "\n"));
            } catch (UserInterruptException e) {
                tell("(" + ChatCommands.EXIT + " or Ctrl-D ends the dialogue)");
            } catch (EndOfFileException e) {
                return Optional.empty();
            }
        }
    }

    @Override
    public void show(String text) {
        terminal.writer().print(text);
        terminal.flush();
    }

    @Override
    public void tell(String line) {
        terminal.writer().println(line);
        terminal.flush();
    }

    @Override
    public Interruption listen() {
        AtomicBoolean given = new AtomicBoolean();
        Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, signal -> given.set(true));
        return new Interruption() {
            @Override
            public boolean isGiven() {
                return given.get();
            }

            @Override
            public void close() {
                terminal.handle(Terminal.Signal.INT, before);
            }
        };
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line is a text, in which quotes and brackets mean nothing; a backslash at its end asks for another one. */
    private static final class Lines extends DefaultParser {
        Lines() {
            setQuoteChars(new char[0]);
            setEscapeChars(new char[0]);
        }

        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            if (context == ParseContext.ACCEPT_LINE && line.endsWith("\\")) {
                throw new EOFError(-1, line.length(), "goes on");
            }
            return super.parse(line, cursor, context);
        }
    }
}
