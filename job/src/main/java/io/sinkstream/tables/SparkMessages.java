package io.sinkstream.tables;

import io.sinkstream.batch.InputFailure;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.UserException;

/** Spark's messages, for a user's eyes. */
public final class SparkMessages {
    private SparkMessages() {}

    /** What Spark refused before a job started, by the option that can mend it, or the file that it could not read. */
    public static UserException mendable(String option, Throwable refusal) {
        String told = InputFailure.of(refusal).map(UserException::getMessage).orElseGet(() -> plain(refusal));
        return new UserException(option + ": " + told, refusal);
    }

    /** A file or folder that can't be read, given by {@code place}. */
    static UserException unreadable(Setting<?> place, String path, Exception failure) {
        String told = InputFailure.of(failure)
                .map(UserException::getMessage)
                .orElseGet(() -> path + " can't be read: " + plain(failure));
        return new UserException(place + ": " + told, failure);
    }

    /** The message without its class and state codes, and without the query plan that may follow. */
    static String plain(Throwable refusal) {
        String message = String.valueOf(refusal.getMessage());
        int plan = message.indexOf(";\n");
        return (plan < 0 ? message : message.substring(0, plan))
                .replaceFirst("^\\[[A-Z0-9_.]+]\\s*", "")
                .replaceFirst("\\s*SQLSTATE:.*", "")
                .strip();
    }
}
