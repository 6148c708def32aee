package io.sinkstream.dialogue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Optional;

/** A dialogue without a terminal: lines in, answers out, and what else is told to where errors go. */
public final class PlainConsole implements ChatConsole {
    private final BufferedReader in;
    private final PrintWriter out;
    private final PrintWriter err;

    /** Over these, which stay the caller's. */
    public PlainConsole(BufferedReader in, PrintWriter out, PrintWriter err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    @Override
    public Optional<String> next() {
        try {
            String line = in.readLine();
            if (line == null) {
                return Optional.empty();
            }
            StringBuilder message = new StringBuilder();
            while (line != null && line.endsWith("\\")) {
                message.append(line, 0, line.length() - 1).append('\n');
                line = in.readLine();
            }
            return Optional.of(message + (line == null ? "" : line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void show(String text) {
        out.print(text);
        out.flush();
    }

    @Override
    public void tell(String line) {
        err.println(line);
    }

    /** Without a terminal nobody interrupts an answer alone. */
    @Override
    public Interruption listen() {
        return new Interruption() {
            @Override
            public boolean isGiven() {
                return false;
            }

            @Override
            public void close() {
                // Nothing was opened.
            }
        };
    }

    @Override
    public void close() {
        out.flush();
    }
}
