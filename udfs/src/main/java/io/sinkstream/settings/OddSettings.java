package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The settings by which odd rows are told from ordinary ones. They are part of the catalogue, {@link Settings#all()}. */
public final class OddSettings {
    private static final List<Setting<?>> CATALOGUE = new ArrayList<>();

    /** Where a calibration is written. */
    public static final Setting<String> CALIBRATION_OUTPUT = add(Setting.value(
            "calibration-output",
            "PATH",
            null,
            Parsers::nonEmpty,
            "A file to write, for --calibrate: how surprising these rows are, which are known to be ordinary. Refused if"
                    + " it exists, but for --overwrite."));

    /** What rows are judged by. */
    public static final Setting<String> CALIBRATE = add(Setting.value(
            "calibrate",
            "PATH",
            null,
            Parsers::nonEmpty,
            "A file of --calibration-output. Adds p_value: of n ordinary rows of a row's kind, the share (1 + those at"
                    + " least as surprising) / (n + 1)."));

    /** The share of ordinary rows that may be called odd. */
    public static final Setting<Double> ALARM_RATE = add(Setting.value(
            "alarm-rate",
            "SHARE",
            null,
            Parsers.within(0, 1),
            "Adds odd: whether p_value is at most this share. Of ordinary rows no more than it are odd, on average and as"
                    + " long as they can't be told from the calibrated ones. Needs --calibrate."));

    /** By which number a row is odd. */
    public static final Setting<OddBy> ODD_BY = add(Setting.value(
            "odd-by",
            "mean|combined|largest|level|beginning|rank|entropy",
            "mean",
            Parsers.choice(OddBy.class),
            "How surprising a row is: the mean NLL of its tokens; that and a quarter of the largest; the largest;"
                    + " their mean over that of their stream so far; the NLL of the first three; the share of tokens"
                    + " that were not among the nine likeliest; or the mean NLL over the entropy of the predictions."
                    + " The last two have the model look at its logits once more. The same for --calibration-output"
                    + " and --calibrate."));

    /** Which rows are compared with each other. */
    public static final Setting<String> KIND = add(Setting.value(
            "kind",
            "COLUMN",
            null,
            Parsers::nonEmpty,
            "The column that says of which kind a row is: it is compared with ordinary rows of its own kind alone. It may"
                    + " be the key's. Without it all rows are of one kind. The same for --calibration-output and"
                    + " --calibrate."));

    /** After how many rows the calibration of an endless stream is renewed. */
    public static final Setting<Integer> RECALIBRATE = add(
            Setting.value(
                    "recalibrate",
                    "ROWS",
                    null,
                    Parsers.wholeNumber(1),
                    "Renews the calibration while stream score runs: in each partition of the state, every so many rows of a kind"
                            + " count from then on, and those before them half as much. What lasts for less than this is odd as long as"
                            + " it lasts; what lasts for three times as long becomes ordinary. Needs --calibrate and --alarm-rate."));

    /** Where a table of streams goes. */
    public static final Setting<String> STREAM_OUTPUT = add(Setting.value(
            "stream-output",
            "PATH",
            null,
            Parsers::nonEmpty,
            "Writes a row a stream, as --output writes rows: key, rows, tokens, nll, perplexity; with --calibrate its"
                    + " p_value, see --odd-streams-by, and with --alarm-rate odd. Needs --key."));

    /** By what streams are odd. */
    public static final Setting<StreamsBy> STREAMS_BY = add(Setting.value(
            "odd-streams-by",
            "rows|largest|perplexity",
            "rows",
            Parsers.choice(StreamsBy.class),
            "What p_value a stream has in --stream-output. rows: the smallest of its rows' times their number, which bounds"
                    + " false alarms however its rows depend on each other. largest, perplexity: beside n ordinary streams,"
                    + " the share (1 + those whose largest surprise of a row, or perplexity, is at least as high) / (n + 1). The same for"
                    + " --calibration-output, which counts them then, and --calibrate; there has to be --key."));

    /** How many rows are looked at as a whole. */
    public static final Setting<Integer> WINDOW_ROWS = add(Setting.value(
            "window",
            "ROWS",
            null,
            Parsers.wholeNumber(1),
            "--stream-output writes a row for each window of so many rows of a stream, one behind the other: window (from 0),"
                    + " first and last (of --order), and what it has of streams; with --calibrate also stream_p_value, the"
                    + " smallest p_value of the stream's windows times their number. With --odd-streams-by largest or"
                    + " perplexity windows stand beside one of each ordinary stream, drawn by a hash. The same for --calibration-output"
                    + " and --calibrate."));

    /** Which rows are too short for the table at the end. */
    public static final Setting<Integer> LEAST_TOKENS = add(Setting.value(
            "least-tokens",
            "TOKENS",
            "4",
            Parsers.wholeNumber(1),
            "Rows of fewer tokens are left out of the table at the end."));

    /** What scoring asks for to judge rows, in the order of the help. */
    public static final List<Setting<?>> OF_JUDGING = List.of(CALIBRATE, ALARM_RATE, ODD_BY, KIND);

    private OddSettings() {}

    /** Whether these settings ask for rows to be judged, or for what they are judged by. */
    public static boolean isAsked(SettingValues values) {
        return values.isGiven(CALIBRATE) || values.isGiven(CALIBRATION_OUTPUT);
    }

    /** All of them, in the order of the help. */
    static List<Setting<?>> all() {
        return Collections.unmodifiableList(CATALOGUE);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        CATALOGUE.add(setting);
        return setting;
    }
}
