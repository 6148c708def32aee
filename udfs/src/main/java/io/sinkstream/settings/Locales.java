package io.sinkstream.settings;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Whether this JVM is handed its arguments, and sees files' names, as they are. */
public final class Locales {
    private static final String REPLACED = "\uFFFD";

    /** What to do where it does not. */
    public static final String ADVICE = "run with another locale, such as LC_ALL=C.UTF-8";

    private Locales() {}

    /** The encoding of arguments and of files' names, which the locale says. */
    public static String encoding() {
        return System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name());
    }

    /** Whether an argument or a name has lost characters that the locale's encoding lacks. */
    public static boolean isCut(String text) {
        return isCut(text, encoding());
    }

    static boolean isCut(String text, String encoding) {
        return text.contains(REPLACED) && !canEncode(encoding);
    }

    /** An encoding that has what stands for a lost character loses none. */
    private static boolean canEncode(String encoding) {
        return Charset.isSupported(encoding)
                && Charset.forName(encoding).newEncoder().canEncode(REPLACED);
    }
}
