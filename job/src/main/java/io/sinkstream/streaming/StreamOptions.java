package io.sinkstream.streaming;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.calibration.Recalibration;
import io.sinkstream.rows.RowTask;
import io.sinkstream.settings.HistoryLength;
import io.sinkstream.settings.SamplingSettings;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import java.io.Serializable;
import java.time.Duration;

/**
 * How endless streams are scored or continued.
 *
 * @param keyed what is done with rows; its {@code partitions} are the state's, fixed for ever
 *     with the first micro-batch of a checkpoint
 * @param history what is kept of each stream
 * @param idle how long a stream without rows is remembered; null for ever
 * @param eventTime the column that says when a row happened, a timestamp; null to measure {@code idle} on the cluster's clock
 * @param watermark how late rows may be by {@code eventTime}; null without it
 * @param recalibration how the calibration that rows are judged by is renewed; null if it stays as it is
 */
public record StreamOptions(
        KeyedOptions keyed,
        HistoryLength history,
        Duration idle,
        String eventTime,
        Duration watermark,
        Recalibration recalibration)
        implements Serializable {

    /** Checks what can be checked without the input or the model. */
    public StreamOptions {
        if (keyed.columns().key() == null) {
            throw new UserException(Settings.KEY + " is missing: an endless stream needs a key to be told by");
        }
        if (keyed.columns().order() == null) {
            throw new UserException(
                    Settings.ORDER + " is missing: rows of an endless stream come in no order of their own");
        }
        if (eventTime != null && idle == null) {
            throw new UserException(StreamSettings.EVENT_TIME + " " + eventTime + " does nothing without "
                    + StreamSettings.IDLE + ": it says by which time a stream is idle");
        }
        if (keyed.task() instanceof RowTask.Continue more && more.sampling().contrast() != null) {
            throw new UserException(SamplingSettings.PENALTY_ALPHA + " (penalty_alpha of the checkpoint's"
                    + " generation_config.json): streams without end keep less of a stream than contrastive search needs;"
                    + " give 0, or use generate");
        }
        if (keyed.model().options().compute().deterministic() && history.windows() > 0) {
            throw new UserException(Settings.DETERMINISTIC + ": " + StreamSettings.HISTORY + " " + history
                    + " keeps too little for a rebuilt cache to give the same numbers; leave it out");
        }
        if ((eventTime == null) != (watermark == null)) {
            throw new UserException(
                    StreamSettings.EVENT_TIME + " and " + StreamSettings.WATERMARK + " go together: give both or none");
        }
    }

    /**
     * The options that these settings say.
     *
     * @param keyed what is done with rows
     * @throws UserException if they contradict each other
     */
    public static StreamOptions from(KeyedOptions keyed, SettingValues values) {
        return new StreamOptions(
                keyed,
                values.require(StreamSettings.HISTORY),
                values.find(StreamSettings.IDLE).orElse(null),
                values.find(StreamSettings.EVENT_TIME).orElse(null),
                values.find(StreamSettings.WATERMARK).orElse(null),
                Recalibration.from(values, keyed.judge()).orElse(null));
    }

    /** The same over so many partitions. */
    StreamOptions withPartitions(int count) {
        return with(keyed.withPartitions(count));
    }

    /** The same as executors find the model. */
    StreamOptions onExecutors() {
        return with(keyed.onExecutors());
    }

    private StreamOptions with(KeyedOptions other) {
        return new StreamOptions(other, history, idle, eventTime, watermark, recalibration);
    }

    /** Whether rows are continued, and not only scored. */
    boolean generates() {
        return keyed.task() instanceof RowTask.Continue;
    }

    /** How many tokens before the pending one are kept of a stream of this model. */
    long keep(ModelDescription description) {
        return history.tokens(
                description.historyTokens(), keyed.model().options().window());
    }
}
