package io.sinkstream.batch;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The model that all tasks of an executor share. */
public final class ExecutorModel {
    private ExecutorModel() {}

    /** The model of the task at hand, see {@link #of(ScoringOptions, Map)}. */
    public static StreamModel of(ScoringOptions options) {
        return of(options, TaskContext.get().resourcesJMap());
    }

    /**
     * The model with these options on the GPU among {@code resources}, if it is to run on one. It is loaded at the first call;
     * never close it.
     *
     * @throws UserException if it can't be loaded, saying on which host
     */
    public static StreamModel of(ScoringOptions options, Map<String, ResourceInformation> resources) {
        try {
            return StreamModel.shared(TaskGpu.assigned(options.modelOptions(), resources));
        } catch (UserException e) {
            String host = SparkEnv.get().blockManager().blockManagerId().host();
            throw new UserException("on the executor's host " + host + ": " + e.getMessage(), e);
        }
    }
}
