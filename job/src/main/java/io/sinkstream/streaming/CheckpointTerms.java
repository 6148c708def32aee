package io.sinkstream.streaming;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.state.StreamContract;
import io.sinkstream.stream.ModelOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Whether a query with some options can go on with a checkpoint: they have to agree with its {@link StreamContract}. */
public final class CheckpointTerms {
    private CheckpointTerms() {}

    /**
     * Throws UserException if a query with these options can not go on with the checkpoint. Needs no session, so that what
     * does not fit is refused before one starts.
     */
    public static void check(String checkpoint, StreamOptions options, Configuration conf) {
        var unused = agree(checkpoint, options, 1, null, conf);
    }

    /**
     * Compares the options with what the checkpoint was begun with, if it was.
     *
     * @param partitions how many a new checkpoint gets if the options name no number
     * @param input the rows, for their columns' types; null if there are none yet
     * @return the options with the number of partitions
     * @throws UserException if the checkpoint was begun with anything else that its states depend on, or is not ours
     */
    static StreamOptions agree(
            String checkpoint, StreamOptions options, int partitions, Dataset<Row> input, Configuration conf) {
        Optional<StreamContract> begun = StreamContract.find(checkpoint, conf);
        int fixed = begun.map(StreamContract::partitions).orElse(partitions);
        StreamOptions settled = options.keyed().partitions() > 0 ? options : options.withPartitions(fixed);
        begun.ifPresent(contract -> contract.require(of(checkpoint, settled, input, conf), checkpoint));
        return settled;
    }

    /** What a query with these options, and these rows if they are not null, keeps itself in the checkpoint by. */
    static StreamContract of(String checkpoint, StreamOptions options, Dataset<Row> input, Configuration conf) {
        StreamContract terms =
                of(options).at(checkpoint, conf).forgetting(forgetting(options)).renewing(renewing(options));
        StreamColumns columns = options.keyed().columns();
        return input == null
                ? terms
                : terms.withTypes(
                        KeyedInput.keyKind(input, columns.key()), KeyedInput.orderKind(input, columns.order()));
    }

    private static String forgetting(StreamOptions options) {
        if (options.idle() == null) {
            return "without " + StreamSettings.IDLE;
        }
        return "with " + StreamSettings.IDLE + " by "
                + (options.eventTime() == null ? "the clock" : StreamSettings.EVENT_TIME);
    }

    private static String renewing(StreamOptions options) {
        return options.recalibration() == null
                ? StreamContract.NOT_RENEWING
                : "with "
                        + options.recalibration().terms(options.keyed().judge().calibration());
    }

    private static StreamContract of(StreamOptions options) {
        ModelOptions model = options.keyed().model().options();
        Map<Setting<?>, String> settings = new LinkedHashMap<>();
        settings.put(Settings.MODEL, options.keyed().model().name());
        settings.put(Settings.SINKS, "" + model.sinks());
        settings.put(Settings.WINDOW, "" + model.window());
        settings.put(StreamSettings.HISTORY, options.history().toString());
        settings.put(Settings.PARTITIONS, "" + options.keyed().partitions());
        settings.put(Settings.KEY, options.keyed().columns().key());
        settings.put(Settings.ORDER, options.keyed().columns().order());
        return StreamContract.made(
                options.generates() ? "generate" : "score",
                model,
                settings,
                options.keep(options.keyed().describe()));
    }
}
