package io.sinkstream.streaming;

import io.sinkstream.batch.ScoringOptions;
import io.sinkstream.settings.HistoryLength;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import java.io.Serializable;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * How endless streams are scored or continued.
 *
 * @param scoring the model, the columns and what becomes of odd rows; its {@code partitions} are the state's, fixed for ever
 *     with the first micro-batch of a checkpoint
 * @param generation how rows are continued; null to score them
 * @param history what is kept of each stream
 * @param idle how long a stream without rows is remembered; null for ever
 * @param eventTime the column that says when a row happened, a timestamp; null to measure {@code idle} on the cluster's clock
 * @param watermark how late rows may be by {@code eventTime}; null without it
 */
public record StreamOptions(
        ScoringOptions scoring,
        GenerationOptions generation,
        HistoryLength history,
        Duration idle,
        String eventTime,
        Duration watermark)
        implements Serializable {

    /** Checks what can be checked without the input or the model. */
    public StreamOptions {
        if (scoring.columns().key() == null) {
            throw new UserException(Settings.KEY + " is missing: an endless stream needs a key to be told by");
        }
        if (scoring.columns().order() == null) {
            throw new UserException(
                    Settings.ORDER + " is missing: rows of an endless stream come in no order of their own");
        }
        if (eventTime != null && idle == null) {
            throw new UserException(StreamSettings.EVENT_TIME + " " + eventTime + " does nothing without "
                    + StreamSettings.IDLE + ": it says by which time a stream is idle");
        }
        if ((eventTime == null) != (watermark == null)) {
            throw new UserException(
                    StreamSettings.EVENT_TIME + " and " + StreamSettings.WATERMARK + " go together: give both or none");
        }
        if (generation != null
                && scoring.columns().tokens() != null
                && !generation.template().equals(GenerationOptions.PLACE)) {
            throw new UserException(Settings.TEMPLATE + " and " + Settings.TOKENS + ": token ids go into no template");
        }
        if (generation != null && scoring.tokenNll()) {
            throw new UserException(Settings.TOKEN_NLL + " is for scoring, not for continuations");
        }
    }

    /**
     * The options that these settings say, for scoring.
     *
     * @param columns puts in what the input knows of its columns
     * @throws UserException if they contradict each other
     */
    public static StreamOptions scoring(SettingValues values, UnaryOperator<ScoringOptions> columns) {
        return from(columns.apply(ScoringOptions.from(values)), null, values);
    }

    /** The same, for continuations. */
    public static StreamOptions generation(SettingValues values, UnaryOperator<ScoringOptions> columns) {
        ScoringOptions scoring = columns.apply(ScoringOptions.from(values)).withSeparator("");
        return from(scoring, GenerationOptions.from(values), values);
    }

    private static StreamOptions from(ScoringOptions scoring, GenerationOptions generation, SettingValues values) {
        return new StreamOptions(
                scoring,
                generation,
                values.require(StreamSettings.HISTORY),
                values.find(StreamSettings.IDLE).orElse(null),
                values.find(StreamSettings.EVENT_TIME).orElse(null),
                values.find(StreamSettings.WATERMARK).orElse(null));
    }

    /** The same with other scoring options. */
    public StreamOptions withScoring(ScoringOptions other) {
        return new StreamOptions(other, generation, history, idle, eventTime, watermark);
    }

    /** Whether rows are continued, and not only scored. */
    boolean generates() {
        return generation != null;
    }

    /** How many tokens before the pending one are kept of a stream of this model. */
    long keep(ModelDescription description) {
        return history.tokens(description.historyTokens(), scoring.window());
    }
}
