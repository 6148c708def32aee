package io.sinkstream.batch;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import org.apache.spark.SparkEnv;

/** The model that all tasks of an executor share. */
public final class ExecutorModel {
    private ExecutorModel() {}

    /** The model with these options, loaded at the first call; never close it. Says on which host it can't be loaded. */
    public static StreamModel of(ScoringOptions options) {
        try {
            return StreamModel.shared(options.modelOptions());
        } catch (UserException e) {
            String host = SparkEnv.get().blockManager().blockManagerId().host();
            throw new UserException("on the executor's host " + host + ": " + e.getMessage(), e);
        }
    }
}
