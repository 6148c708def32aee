package io.sinkstream.batch;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.SharedModels;
import io.sinkstream.stream.StreamModel;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.util.TaskCompletionListener;

/** The model that all tasks of an executor share. */
public final class ExecutorModel {
    private ExecutorModel() {}

    /** The model for the task at hand, which holds it to its end, see {@link #hold}. */
    public static StreamModel of(ModelSource source) {
        TaskContext task = TaskContext.get();
        SharedModels.Held held = hold(source, task.resourcesJMap());
        TaskCompletionListener letGo = ended -> held.close();
        var unused = task.addTaskCompletionListener(letGo);
        return held.model();
    }

    /**
     * The model on the GPU among {@code resources}, if it is to run on one. It is loaded if it is not
     * there; the caller lets go of it.
     *
     * @throws UserException if it can't be loaded, saying on which host
     */
    public static SharedModels.Held hold(ModelSource source, Map<String, ResourceInformation> resources) {
        ExecutorCores.limitThreads();
        try {
            ModelOptions options =
                    ContainerMemory.shared(source.here(), SparkEnv.get().conf());
            return SharedModels.hold(TaskGpu.assigned(options, resources));
        } catch (UserException e) {
            String host = SparkEnv.get().blockManager().blockManagerId().host();
            throw new UserException("on the executor's host " + host + ": " + e.getMessage(), e);
        }
    }
}
