package io.sinkstream.console;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What made a running job fail, in words that are enough without a stack trace. */
public final class RunFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final Pattern USER_EXCEPTION =
            Pattern.compile(Pattern.quote(UserException.class.getName()) + ": ([^\\r\\n]*)");

    /** Of exceptions whose classes are beside the jar, or not there. */
    private static final String KAFKA = "org.apache.kafka.";

    /** One that is told in these words. */
    public RunFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /** What to throw for a run that failed: what a task said of it, if it was meant for the user. */
    public static RuntimeException of(Exception exception) {
        Optional<String> told = userMessage(exception);
        if (told.isPresent()) {
            return new RunFailure(told.get(), exception);
        }
        Throwable root = exception;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (root instanceof IOException || root.getClass().getName().startsWith(KAFKA)) {
            // A disk that is full, a file or a topic that is gone: where in Spark it was noticed tells nothing more.
            return new RunFailure(firstLine(root.toString()), exception);
        }
        return root instanceof RuntimeException runtime
                ? runtime
                : new IllegalStateException(firstLine(root.toString()), root);
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("");
    }

    /** The message of the UserException that is behind this, also where only its text came over from an executor. */
    private static Optional<String> userMessage(Throwable exception) {
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (cause instanceof UserException) {
                return Optional.of(cause.getMessage());
            }
            Matcher matcher = USER_EXCEPTION.matcher(String.valueOf(cause.getMessage()));
            if (matcher.find()) {
                return Optional.of(matcher.group(1));
            }
        }
        return Optional.empty();
    }
}
