package io.sinkstream.console;

import io.sinkstream.batch.InputFailure;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkThrowable;

/** What made a running job fail, in words that are enough without a stack trace. */
public final class RunFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final Pattern USER_EXCEPTION =
            Pattern.compile(Pattern.quote(UserException.class.getName()) + ": ([^\\r\\n]*)");

    /** Of exceptions whose classes are beside the jar, or not there. */
    private static final String KAFKA = "org.apache.kafka.";

    /** Of failures that Spark takes for its own faults. */
    private static final String INTERNAL = "INTERNAL_ERROR";

    /** The class and the state that Spark puts around its messages. */
    private static final Pattern CODES = Pattern.compile("^\\[[A-Z0-9_.]+]\\s*|\\s*SQLSTATE:.*");

    /** One that is told in these words. */
    public RunFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * What to throw for a run that failed: what a task said of it, if it was meant for the user, or the UserException that names the
     * file that can't be read.
     */
    public static RuntimeException of(Exception exception) {
        Optional<String> told = userMessage(exception);
        if (told.isPresent()) {
            return told(told.get(), exception);
        }
        Optional<UserException> unreadable = InputFailure.of(exception);
        if (unreadable.isPresent()) {
            return unreadable.get();
        }
        List<Throwable> causes = InputFailure.causes(exception);
        for (Throwable cause : causes) {
            Optional<String> lost = LostExecutor.told(String.valueOf(cause.getMessage()));
            if (lost.isPresent()) {
                return new RunFailure(lost.get(), exception);
            }
        }
        Throwable root = causes.get(causes.size() - 1);
        if (root instanceof IOException || root.getClass().getName().startsWith(KAFKA)) {
            // A disk that is full, a file or a topic that is gone: a trace tells nothing more.
            return new RunFailure(where(causes) + firstLine(root.toString()), exception);
        }
        return root instanceof RuntimeException runtime
                ? runtime
                : new IllegalStateException(firstLine(root.toString()), root);
    }

    /** What to throw for what a task said: what it found wrong with the input is the user's to mend, as if it had been found before. */
    static RuntimeException told(String message, Exception exception) {
        return message.startsWith(Settings.INPUT + ": ")
                ? new UserException(message, exception)
                : new RunFailure(message, exception);
    }

    /** What Spark was at, by the innermost of its own words: the file or folder, where the root names none. */
    private static String where(List<Throwable> causes) {
        String where = "";
        for (Throwable cause : causes.subList(0, causes.size() - 1)) {
            String condition = cause instanceof SparkThrowable told ? told.getCondition() : null;
            if (condition != null && !condition.startsWith(INTERNAL)) {
                where = CODES.matcher(firstLine(cause.getMessage())).replaceAll("") + ": ";
            }
        }
        return where;
    }

    private static String firstLine(String message) {
        return String.valueOf(message).lines().findFirst().orElse("");
    }

    /** The message of the UserException that is behind this, also where only its text came over from an executor. */
    private static Optional<String> userMessage(Throwable exception) {
        for (Throwable cause : InputFailure.causes(exception)) {
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
