package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The model that is among this library's resources. Weights are mapped from files, so it is unpacked once a machine and user,
 * into {@code sinkstream} in {@code XDG_CACHE_HOME} or {@code ~/.cache}, under a name that says what is in it: another version
 * of the library unpacks its own beside it.
 */
final class BuiltinModel {
    /** What {@code --model} calls it. */
    static final String NAME = "builtin";

    private static final String[] FILES = {
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"
    };

    private BuiltinModel() {}

    /** Read once a JVM: the name is asked for by every task. */
    private static final class Content {
        static final Map<String, byte[]> FILE = read();
        static final String HASH = hash(FILE);

        private static Map<String, byte[]> read() {
            Map<String, byte[]> all = new LinkedHashMap<>();
            for (String file : FILES) {
                try (InputStream in = BuiltinModel.class.getResourceAsStream(NAME + "/" + file)) {
                    all.put(file, in.readAllBytes());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return all;
        }

        private static String hash(Map<String, byte[]> files) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                files.values().forEach(digest::update);
                return HexFormat.of().formatHex(digest.digest(), 0, 8);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * The folder that it is unpacked to.
     *
     * @param caches the user's folder of caches, which is made if it is not there
     * @throws UserException if it can't be written
     */
    static Path folder(Path caches) {
        Path folder = caches.resolve("sinkstream").resolve(NAME + "-" + Content.HASH);
        try {
            if (!Files.isDirectory(folder)) {
                unpack(folder);
            }
            return folder;
        } catch (IOException e) {
            throw new UserException(
                    "--model " + NAME + ": can't be unpacked to " + folder + " (" + Shown.firstLine(e)
                            + "); set XDG_CACHE_HOME to a folder that can be written",
                    e);
        }
    }

    /** Under another name first: whoever finds the folder finds all of it, and nobody changes a file that is mapped. */
    private static void unpack(Path folder) throws IOException {
        Files.createDirectories(folder.getParent());
        Path draft = Files.createTempDirectory(folder.getParent(), "." + NAME);
        try {
            for (Map.Entry<String, byte[]> file : Content.FILE.entrySet()) {
                Files.write(draft.resolve(file.getKey()), file.getValue());
            }
            Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            delete(draft);
            // Another process may have been faster, with the same content. What the move then throws is the system's
            // own.
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    private static void delete(Path draft) throws IOException {
        try (Stream<Path> files = Files.list(draft)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(draft);
    }
}
