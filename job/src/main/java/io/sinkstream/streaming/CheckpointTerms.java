package io.sinkstream.streaming;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.state.StreamContract;
import io.sinkstream.stream.ModelOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Whether a query with some options can go on with a checkpoint: they have to agree with its {@link StreamContract}. */
public final class CheckpointTerms {
    private CheckpointTerms() {}

    /**
     * Throws UserException if a query with these options can not go on with the checkpoint. Needs no session, so that what
     * does not fit is refused before one starts.
     */
    public static void check(String checkpoint, StreamOptions options, Configuration conf) {
        var unused = agree(checkpoint, options, 1, conf);
    }

    /**
     * Compares the options with what the checkpoint was begun with, if it was.
     *
     * @param partitions how many a new checkpoint gets if the options name no number
     * @return the options with the number of partitions
     * @throws UserException if the checkpoint was begun with anything else that its states depend on, or is not ours
     */
    static StreamOptions agree(String checkpoint, StreamOptions options, int partitions, Configuration conf) {
        Optional<StreamContract> begun = StreamContract.find(checkpoint, conf);
        int fixed = begun.map(StreamContract::partitions).orElse(partitions);
        StreamOptions settled = options.keyed().partitions() > 0 ? options : options.withPartitions(fixed);
        begun.ifPresent(contract -> contract.require(of(settled), checkpoint));
        return settled;
    }

    /** What a query with these options makes states with. */
    static StreamContract of(StreamOptions options) {
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
