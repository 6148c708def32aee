package io.sinkstream.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder {@code shared} beside the checkout: golden numbers, a small trained model and real text, too large for the
 * repository. A clone without it skips the tests that need it, and says so; exactness is then still tested on
 * {@link TinyModels} against {@link PlainDecoder}.
 */
public final class Shared {
    private Shared() {}

    /** A file or folder there, such as {@code models/stories260K}; without it the running test is skipped. */
    public static Path require(String name) {
        Path wanted = folder().resolve(name);
        if (!Files.exists(wanted)) {
            Assumptions.abort("skipped: " + wanted + " not found; this clone has no ../shared, or not all of it");
        }
        return wanted;
    }

    /** The file or folder, if it is there: for tests that have another input to fall back to. */
    public static Optional<Path> find(String name) {
        return Optional.of(folder().resolve(name)).filter(Files::exists);
    }

    /** {@code ../shared} of the checkout that the tests run in; it need not exist. */
    private static Path folder() {
        // Maven runs a module's tests in the module, an IDE often in the checkout.
        Path start = Path.of(System.getProperty("user.dir")).toAbsolutePath().normalize();
        for (Path at = start; at != null; at = at.getParent()) {
            if (Files.isRegularFile(at.resolve("pom.xml"))
                    && Files.isDirectory(at.resolve("udfs"))
                    && Files.isDirectory(at.resolve("job"))) {
                return at.resolveSibling("shared");
            }
        }
        throw new IllegalStateException(start + " lies in no checkout of sinkstream");
    }
}
