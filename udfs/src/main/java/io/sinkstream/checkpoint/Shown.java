package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;

/** How values of unknown files stand in messages: on one line, of bounded length. */
final class Shown {
    private static final int LONGEST = 120;

    private Shown() {}

    /** The text, shortened, with line breaks and other control characters replaced. */
    static String plain(String text) {
        String head = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
        StringBuilder line = new StringBuilder(head.length());
        head.codePoints()
                .map(c -> switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SURROGATE -> ' ';
                    default -> c;
                })
                .forEach(line::appendCodePoint);
        return line.toString();
    }

    static String quoted(String text) {
        return '"' + plain(text) + '"';
    }

    /** The first line of a library's message: Gson appends a link on a second one. */
    static String firstLine(Throwable cause) {
        String message = cause.getMessage();
        if (message == null || message.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        return plain(message.strip().lines().findFirst().orElse(""));
    }

    /** The error for a file that is there but cannot be read; a killed task's interrupt is not the user's fault. */
    static RuntimeException unreadable(Path file, IOException cause) {
        if (cause instanceof ClosedByInterruptException) {
            return new UncheckedIOException(cause);
        }
        return new UserException(
                file + ": cannot be read (" + cause.getClass().getSimpleName() + ": " + firstLine(cause) + ")", cause);
    }
}
