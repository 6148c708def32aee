package io.sinkstream.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import io.sinkstream.settings.DjlOffline;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelOptions;
import java.nio.file.Path;
import java.util.Map;

/**
 * Makes a checkpoint a block: what {@code blockFactory} in {@code serving.properties} names. Two models with the same options share
 * weights and caches, as long as one of them is open.
 *
 * @see ServingProperties
 */
public final class StreamBlockFactory implements BlockFactory {
    private static final long serialVersionUID = 1;

    /**
     * Loads the model, which closing {@code model} lets go of.
     *
     * @param model whose device it runs on
     * @param modelPath the checkpoint's folder, unless the settings among the arguments name a model elsewhere
     * @throws UserException for anything about the checkpoint or the settings that is missing, broken or not supported; the
     *     model is closed then, since DJL gives it to nobody
     */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments) {
        // The program is DJL's, and other models of it may come from the network.
        DjlOffline.leaveToDjl();
        try {
            ModelArguments given = new ModelArguments(arguments);
            ModelOptions options = ModelOptions.from(given.folder(modelPath), given.values());
            NDManager owner = model.getNDManager();
            return StreamBlock.open(options.withCompute(on(options.compute(), owner.getDevice())), owner);
        } catch (UserException e) {
            model.close();
            throw e;
        }
    }

    private static ComputeOptions on(ComputeOptions compute, Device device) {
        return switch (device.getDeviceType()) {
            case Device.Type.CPU -> compute.withDevice("cpu");
            case Device.Type.GPU -> compute.withDevice("gpu").withGpu(device.getDeviceId());
            default ->
                throw new UserException(
                        "the device is " + device + "; allowed are " + Device.Type.CPU + " and " + Device.Type.GPU);
        };
    }
}
