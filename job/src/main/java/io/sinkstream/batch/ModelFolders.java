package io.sinkstream.batch;

import io.sinkstream.checkpoint.ModelLocation;
import io.sinkstream.hub.ModelCopies;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.UserException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From what a user calls a model to a folder of this machine: as {@link ModelLocation} has it, and for a folder of one of Hadoop's
 * file systems a copy, which a driver pins by its hash, {@code hdfs:///models/m#0a1b...}.
 */
public final class ModelFolders {
    private static final Pattern PINNED = Pattern.compile("(?<address>.*)#(?<hash>[0-9a-f]{64})");
    private static final Pattern PASSWORD = Pattern.compile("[^/]*://[^/@]*:[^/]*@.*");

    private ModelFolders() {}

    /**
     * The folder, to which a model of another file system is copied if no process of this machine has done so.
     *
     * @param setting that names the model
     * @throws UserException as {@link ModelLocation#resolve} says, or if it can't be copied, or is not what was pinned
     */
    public static Path resolve(Setting<String> setting, String model) {
        if (!ModelLocation.isElsewhere(model)) {
            return ModelLocation.resolve(setting, model, System.getenv());
        }
        if (PASSWORD.matcher(model).matches()) {
            throw new UserException(
                    setting + ": its address holds a password, which logs would show; leave it out, and set"
                            + " it by spark.hadoop.*");
        }
        ModelCopies copies = ModelLocation.copies(System.getenv());
        Matcher pinned = PINNED.matcher(model);
        boolean isPinned = pinned.matches();
        Optional<Path> here = isPinned ? copies.find(pinned.group("hash")) : Optional.empty();
        return here.orElseGet(() -> {
            try {
                HadoopFolder folder = HadoopFolder.at(isPinned ? pinned.group("address") : model);
                return isPinned ? copies.of(folder, pinned.group("hash")) : copies.of(folder);
            } catch (UserException e) {
                throw new UserException(setting + ": " + e.getMessage(), e);
            }
        });
    }

    /** What other machines find the same model by, see {@link ModelLocation#pinned}. */
    static String pinned(String model, Path folder) {
        if (!ModelLocation.isElsewhere(model)) {
            return ModelLocation.pinned(model, folder);
        }
        return PINNED.matcher(model).matches() ? model : model + "#" + folder.getFileName();
    }
}
