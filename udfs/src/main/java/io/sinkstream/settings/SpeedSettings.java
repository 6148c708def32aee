package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The settings of measurements of speed. They are part of the catalogue, {@link Settings#all()}. */
public final class SpeedSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** How many streams decode together in a measurement. */
    public static final Setting<List<Integer>> STREAMS = add(Setting.value(
            "streams",
            "COUNT,...",
            "1,8,32",
            Parsers.list(Parsers.wholeNumber(1)),
            "How many streams decode at a time, for each measurement of decoding."));

    /** How long the chunks of a measurement are. */
    public static final Setting<List<Integer>> CHUNKS = add(Setting.value(
            "chunks",
            "TOKENS,...",
            "512",
            Parsers.list(Parsers.wholeNumber(2)),
            "How many tokens of one stream a pass scores, for each measurement of scoring."));

    /** How often each is measured. */
    public static final Setting<Integer> ROUNDS = add(Setting.value(
            "rounds",
            "COUNT",
            "5",
            Parsers.wholeNumber(1),
            "How often each measurement is made at least; more often while two seconds have not gone."));

    /** What was measured before. */
    public static final Setting<String> BASELINE = add(Setting.value(
            "baseline",
            "FILE",
            null,
            Parsers::nonEmpty,
            "A CSV file that --output wrote on this machine, with the same model and number of threads. Each row is compared with"
                    + " it, and the command ends with 1 if one is slower by more than the spread."));

    /** Whether re-computation is timed. */
    public static final Setting<Boolean> RECOMPUTATION = add(Setting.flag(
            "recomputation",
            "Times a token by sinks and window against one by re-computation of the S + R tokens before it, for each of"
                    + " --caches, in the place of the other measurements."));

    /** How much the caches of a comparison with re-computation hold. */
    public static final Setting<List<Integer>> CACHES = add(Setting.value(
            "caches",
            "TOKENS,...",
            "256,512,1024,2048,4096",
            Parsers.list(Parsers.wholeNumber(2)),
            "How many tokens, S + R, a cache holds, for each measurement of --recomputation."));

    /** How a table is printed. */
    public static final Setting<TableFormat> TABLE_FORMAT = add(Setting.value(
            "table-format",
            "text|markdown|csv|json",
            "text",
            Parsers.choice(TableFormat.class),
            "How the table is printed."));

    private SpeedSettings() {}

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }

    static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }
}
