package io.sinkstream.batch;

import io.sinkstream.settings.UserException;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkThrowable;

/**
 * What a failure of Spark says of the file that was read. Spark's outermost words name a task, and its innermost cause no file: the
 * one in between that does is looked for.
 */
public final class InputFailure {
    private static final String UNREADABLE = "FAILED_READ_FILE";

    /** Those of the network: to try again may help, and to mend the file does not. */
    private static final List<String> PASSING = List.of("java.net.", "org.apache.hadoop.ipc.");

    private InputFailure() {}

    /** The refusal of a file, or of its name, that is behind this failure, if one is. */
    public static Optional<UserException> of(Throwable failure) {
        List<Throwable> causes = causes(failure);
        Throwable root = causes.get(causes.size() - 1);
        if (root instanceof URISyntaxException name && name.getInput().contains(":")) {
            return Optional.of(new UserException(
                    "a file or folder is named " + name.getInput()
                            + ", and Hadoop's file systems take no name with a colon; rename it",
                    failure));
        }
        if (PASSING.stream().anyMatch(root.getClass().getName()::startsWith)) {
            return Optional.empty();
        }
        for (Throwable cause : causes) {
            if (cause instanceof SparkThrowable told
                    && String.valueOf(told.getCondition()).startsWith(UNREADABLE)) {
                return Optional.of(new UserException(
                        told.getMessageParameters().get("path") + " can't be read: " + reason(root), failure));
            }
        }
        return Optional.empty();
    }

    /** A failure and what it was caused by, outermost first; each once, also where two name each other. */
    public static List<Throwable> causes(Throwable failure) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }

    private static String reason(Throwable root) {
        return root.getMessage() == null
                ? root.getClass().getSimpleName()
                : root.getMessage().lines().findFirst().orElse("");
    }
}
