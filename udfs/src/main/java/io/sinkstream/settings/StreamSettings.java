package io.sinkstream.settings;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The settings of endless streams and of the states they keep. They are part of the catalogue, {@link Settings#all()}. */
public final class StreamSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** Where an endless stream keeps where it is. */
    public static final Setting<String> CHECKPOINT = add(Setting.value(
            "checkpoint",
            "PATH",
            null,
            Parsers::nonEmpty,
            "Where an endless stream keeps its place in the input and the state of every key. Started again with the"
                    + " same, it goes on where it was."));

    /** When an endless stream takes what has come. */
    public static final Setting<MicroBatches> TRIGGER = add(Setting.value(
            "trigger",
            "INTERVAL",
            null,
            Parsers::microBatches,
            "How long from the start of one micro-batch to the next, such as 10s; or available-now, to take what is"
                    + " there and end. Without it a micro-batch follows the other as soon as there is input."));

    /** The most rows of a micro-batch. */
    public static final Setting<Integer> ROWS_PER_TRIGGER = add(Setting.value(
            "rows-per-trigger",
            "COUNT",
            "auto",
            Parsers::autoOrCount,
            "The most rows that a micro-batch takes from Kafka. auto is 100000 for scores and 1000 for continuations."
                    + " From files it takes 64 MiB, unless --option maxBytesPerTrigger or maxFilesPerTrigger says"
                    + " otherwise, and at least one file."));

    /** How long a stream without rows is remembered. */
    public static final Setting<Duration> IDLE = add(Setting.value(
            "idle",
            "TIME",
            null,
            Parsers::duration,
            "How long a stream without rows is remembered, such as 12h; it is forgotten with a later micro-batch, at"
                    + " most a quarter of that too late. Without it every stream is remembered for ever."));

    /** When a row happened. */
    public static final Setting<String> EVENT_TIME = add(Setting.value(
            "event-time",
            "COLUMN",
            null,
            Parsers::nonEmpty,
            "A timestamp column that says when a row happened. With it --idle is measured by the watermark and not by"
                    + " the cluster's clock."));

    /** How late rows may be. */
    public static final Setting<Duration> WATERMARK = add(Setting.value(
            "watermark",
            "TIME",
            null,
            Parsers::duration,
            "How far the watermark is behind the latest event time. No row is left out for being behind it."));

    /** How much history a stream keeps. */
    public static final Setting<HistoryLength> HISTORY = add(Setting.value(
            "history",
            "exact|bounded:M",
            "exact",
            Parsers::history,
            "How many of a stream's tokens are kept to rebuild a lost cache from. exact are the last L x R (layers"
                    + " times window), which give the same numbers; bounded:M are the last M x R, less state and less"
                    + " to run again, for numbers that differ a little after each rebuild."));

    /** The state that an endless stream begins with. */
    public static final Setting<String> INITIAL_STATE = add(Setting.value(
            "initial-state",
            "PATH",
            null,
            Parsers::nonEmpty,
            "States of streams, as score --save-state or state --output wrote them, that a new checkpoint begins with."
                    + " Of another model, S or R they are begun anew from the tokens that they keep."));

    /** Where a run leaves the states of its streams. */
    public static final Setting<String> SAVE_STATE = add(Setting.value(
            "save-state",
            "PATH",
            null,
            Parsers::nonEmpty,
            "Where the states of all streams at their end are written, for stream --initial-state. Refused if it"
                    + " exists, unless --overwrite."));

    /** Which stream's state. */
    public static final Setting<String> STREAM = add(Setting.value(
            "stream",
            "KEY",
            null,
            Parsers::nonEmpty,
            "The key of one stream whose state is shown, or deleted. Without it all are summed up."));

    /** Whether a stream is forgotten. */
    public static final Setting<Boolean> DELETE = add(Setting.flag(
            "delete",
            "Has the stream forgotten: with the next micro-batch of the query that the checkpoint belongs to."));

    private StreamSettings() {}

    /** In the order of the help. */
    static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }
}
