package io.sinkstream.batch;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.spark.resource.ResourceInformation;

/**
 * The GPU that Spark has assigned to a task. Tasks with the same one share a model; an executor with several GPUs has a model
 * on each.
 */
public final class TaskGpu {
    private static final String RESOURCE = "gpu";

    private TaskGpu() {}

    /**
     * The options on the task's GPU: the first one of its resources, and the machine's first where Spark assigns none.
     *
     * @throws UserException if the resource's address is no index
     */
    static ModelOptions assigned(ModelOptions options, Map<String, ResourceInformation> resources) {
        // On the processor all tasks share one model, whatever else Spark has assigned to them.
        OptionalInt index = options.compute().device().equals("cpu") ? OptionalInt.empty() : index(resources);
        return index.isPresent() ? options.withCompute(options.compute().withGpu(index.getAsInt())) : options;
    }

    /**
     * The first GPU among a task's resources, if Spark has assigned one.
     *
     * @throws UserException if the resource's address is no index
     */
    public static OptionalInt index(Map<String, ResourceInformation> resources) {
        ResourceInformation gpus = resources.get(RESOURCE);
        return gpus == null || gpus.addresses().length == 0
                ? OptionalInt.empty()
                : OptionalInt.of(index(gpus.addresses()[0]));
    }

    private static int index(String address) {
        try {
            int index = Integer.parseInt(address.strip());
            if (index >= 0) {
                return index;
            }
        } catch (NumberFormatException e) {
            // Told below, as a negative one is.
        }
        throw new UserException("the GPU that Spark assigned to a task has the address \"" + address
                + "\"; supported are indexes such as 0, as Spark's getGpusResources.sh gives them:"
                + " see spark.executor.resource.gpu.discoveryScript");
    }
}
