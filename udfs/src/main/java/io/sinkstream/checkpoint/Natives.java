package io.sinkstream.checkpoint;

import ai.djl.util.Utils;
import io.sinkstream.settings.UserException;
import java.io.File;
import java.util.Locale;
import java.util.Set;

/**
 * The native libraries, on a system that they are not for: what DJL says there is about something else, and has a trace.
 *
 * @param system as DJL names it, such as {@code linux-x86_64}
 * @param isMusl whether its C library is musl
 * @param libtorch the folder of another libtorch than the jar's; null if none is named
 */
public record Natives(String system, boolean isMusl, String libtorch) {
    private static final String LIBTORCH_PATH = "PYTORCH_LIBRARY_PATH";
    private static final String VERSION = "2.7.1";
    private static final String MUSL = "ld-musl-";

    /** Those that DJL has all libraries for; the build makes a jar for each. */
    private static final Set<String> KNOWN = Set.of("linux-x86_64", "linux-aarch64", "osx-aarch64", "win-x86_64");

    /** One of the libraries. */
    public enum Library {
        /** What computes. */
        LIBTORCH("libtorch", "pytorch/cpu/%s/", "torch_cpu"),
        /** What makes tokens of texts. */
        TOKENIZERS("the library of tokenizers", "native/lib/%s/cpu/", "tokenizers");

        private final String title;
        private final String folder;
        private final String file;

        Library(String title, String folder, String file) {
            this.title = title;
            this.folder = folder;
            this.file = file;
        }

        private boolean isThere(String system) {
            String resource = String.format(Locale.ROOT, folder, system) + System.mapLibraryName(file);
            return Natives.class.getClassLoader().getResource(resource) != null;
        }
    }

    /** This system. */
    public static Natives here() {
        return new Natives(name(), isOfMusl(), Utils.getEnvOrSystemProperty(LIBTORCH_PATH));
    }

    /** DJL asks in the same way, of systems that it knows. */
    private static String name() {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch");
        String system =
                os.startsWith("Win") ? "win" : os.startsWith("Mac") ? "osx" : os.startsWith("Linux") ? "linux" : os;
        return system + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    }

    private static boolean isOfMusl() {
        String[] loaders = new File("/lib").list((folder, name) -> name.startsWith(MUSL));
        return loaders != null && loaders.length > 0;
    }

    /** The refusal of a library that could not be loaded, with what to do. */
    public UserException refusal(Library library, Throwable failure) {
        return new UserException(message(library, failure), failure);
    }

    private String message(Library library, Throwable failure) {
        String cant = library.title + " can't be loaded: ";
        if (isMusl) {
            return cant
                    + "the C library of this system is musl, and DJL's libraries need glibc; take a system that has it, such as"
                    + " Debian's or Ubuntu's images";
        }
        if (library == Library.LIBTORCH && libtorch != null) {
            return LIBTORCH_PATH + ": libtorch can't be loaded from " + libtorch + " (" + cause(failure)
                    + "); expected is the" + " lib folder of libtorch " + VERSION + " for " + system;
        }
        if (library.isThere(system)) {
            return cant + cause(failure);
        }
        if (!KNOWN.contains(system)) {
            return cant + "this system is " + system + ", and DJL has libraries for "
                    + String.join(", ", KNOWN.stream().sorted().toList());
        }
        return cant + "there is none for " + system
                + " in the jar; take the one that \"mvn -DskipTests package -Dplatform=" + system + "\" makes";
    }

    private static String cause(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return Shown.firstLine(root);
    }
}
