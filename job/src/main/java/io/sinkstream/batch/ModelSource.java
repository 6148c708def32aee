package io.sinkstream.batch;

import io.sinkstream.checkpoint.ModelLocation;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import java.io.Serializable;
import java.nio.file.Path;
import org.apache.spark.SparkContext;

/**
 * A model to run, and where its checkpoint is found.
 *
 * @param name the checkpoint's folder, its Hugging Face name with its commit, or its address on another file system with its hash, on
 *     the driver and on every executor
 * @param options how it runs; the folder is the one on the machine that made them
 */
public record ModelSource(String name, ModelOptions options) implements Serializable {
    /** The model that these settings say. Throws UserException if they lack it or contradict each other. */
    public static ModelSource from(SettingValues values) {
        String given = named(values);
        Path folder = folder(given);
        // Executors take what the name means now, whatever it means by then.
        return new ModelSource(ModelFolders.pinned(given, folder), ModelOptions.from(folder, values));
    }

    /** The folder of the model that these settings say, on this machine. Throws UserException if they lack it. */
    public static Path folder(SettingValues values) {
        return folder(named(values));
    }

    private static String named(SettingValues values) {
        String model = values.require(Settings.MODEL);
        return values.find(Settings.REVISION)
                .map(revision -> ModelLocation.at(model, revision))
                .orElse(model);
    }

    private static Path folder(String name) {
        return ModelFolders.resolve(Settings.MODEL, name);
    }

    /** The options with the folder on this machine. */
    ModelOptions here() {
        return options.at(folder(name));
    }

    /** The same with a folder that the driver's working directory leads to in full: executors have another. */
    public ModelSource onExecutors() {
        Path folder = folder(name);
        // A name is each machine's own to resolve, in its own Hugging Face cache.
        return folder.isAbsolute()
                ? this
                : new ModelSource(folder.toAbsolutePath().toString(), options);
    }

    /**
     * Checks the model by its headers, on the driver.
     *
     * @throws UserException if it can't be run
     */
    public ModelDescription describe() {
        return StreamModel.describe(options);
    }

    /** {@link StreamModel#fingerprint(ModelOptions)}, on the driver. */
    public String fingerprint() {
        return StreamModel.fingerprint(options);
    }

    /**
     * Checks that this JVM has the device, and room for a stream's cache, if the tasks of {@code spark} run in it: on a cluster
     * only the executors know.
     *
     * @throws UserException if a GPU is asked for that is not there, or one stream's cache does not fit into the budget
     */
    public void requireDevice(SparkContext spark) {
        if (!spark.isLocal()) {
            return;
        }
        StreamModel.requireRoom(options);
        // Without a wish nothing can be missing, and a driver does without libtorch until it is needed.
        if (options.compute().device().equals("gpu")) {
            StreamModel.requireDevice(options);
        }
    }
}
