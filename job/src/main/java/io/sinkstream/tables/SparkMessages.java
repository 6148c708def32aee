package io.sinkstream.tables;

import io.sinkstream.settings.UserException;

/** Spark's messages, for a user's eyes. */
public final class SparkMessages {
    private SparkMessages() {}

    /** What Spark refused before a job started, by the option that can mend it. */
    public static UserException mendable(String option, Throwable refusal) {
        return new UserException(option + ": " + plain(refusal), refusal);
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
