package io.sinkstream.checkpoint;

import ai.djl.util.Utils;
import io.sinkstream.settings.DjlOffline;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where DJL unpacks its natives: what it says of a place that it can't use is about something else. */
public final class DjlCache {
    /** What names the place, the first that is set. */
    private static final List<String> NAMES = List.of("ENGINE_CACHE_DIR", "DJL_CACHE_DIR");

    private DjlCache() {}

    /**
     * The folder of one of DJL's libraries, which is there. To be called before the library is first used.
     *
     * @throws UserException if it can't be made, or nothing is in it and nothing can be written
     */
    public static Path ready(String library) {
        DjlOffline.ensure();
        Path folder = Utils.getEngineCacheDir(library);
        try {
            Files.createDirectories(folder);
            if (!Files.isWritable(folder) && isEmpty(folder)) {
                throw unusable(folder, "it is not writable", null);
            }
            return folder;
        } catch (IOException e) {
            throw unusable(folder, e.toString(), e);
        }
    }

    /** The refusal of that folder. */
    public static UserException unusable(Path folder, String reason, Exception cause) {
        String name = NAMES.stream()
                .filter(each -> Utils.getEnvOrSystemProperty(each) != null)
                .findFirst()
                .orElse(NAMES.get(1));
        return new UserException(
                name + ": DJL unpacks its native libraries into " + folder + ", which can't be used (" + reason
                        + "); set " + name + " to a folder that can be written",
                cause);
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }
}
