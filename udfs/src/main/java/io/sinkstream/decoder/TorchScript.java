package io.sinkstream.decoder;

import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.settings.NumberType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** From a template to a program that libtorch runs. */
public final class TorchScript {
    /** Of the archive's format. */
    private static final int VERSION = 10;

    /** What stands between two dollar signs in a template. */
    private static final Pattern PLACE = Pattern.compile("\\$([^$]+)\\$");

    private TorchScript() {}

    /** A template among the resources beside a class. */
    public static String template(Class<?> owner, String name) {
        try (InputStream source = owner.getResourceAsStream(name)) {
            return new String(source.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The source text of a template. Lines that begin with # are left out. A line that begins with {@code ?NAME} is there if
     * {@code features} has the name, with {@code ?!NAME} if it has not; several conditions may follow each other.
     *
     * @param expressions what stands for the text between two dollar signs, null for a text that it does not know; may have
     *     dollar signs in turn
     */
    public static String filled(String template, Set<String> features, UnaryOperator<String> expressions) {
        StringBuilder text = new StringBuilder();
        template.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String rest = line;
            while (rest.startsWith("?")) {
                int end = rest.indexOf(' ');
                boolean negated = rest.charAt(1) == '!';
                if (features.contains(rest.substring(negated ? 2 : 1, end)) == negated) {
                    return;
                }
                // One space ends the name; what follows is the line, or its next condition.
                rest = rest.startsWith(" ?", end) ? rest.substring(end + 1) : rest.substring(end);
            }
            text.append(filled(rest, expressions)).append('\n');
        });
        return text.toString();
    }

    private static String filled(String line, UnaryOperator<String> expressions) {
        String text = line;
        for (Matcher place = PLACE.matcher(text); place.find(); place = PLACE.matcher(text)) {
            String value = expressions.apply(place.group(1));
            if (value == null) {
                throw new IllegalStateException("the template asks for " + place.group(1));
            }
            text = text.substring(0, place.start()) + value + text.substring(place.end());
        }
        return text;
    }

    /**
     * A TorchScript archive: a stored zip with the source, an empty object of its class and no constants.
     *
     * @param type the class that {@code source} defines
     */
    public static byte[] archive(String type, String source) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            // Pickle protocol 2: an object of class __torch__.TYPE with an empty state; an empty tuple.
            store(
                    zip,
                    "program/data.pkl",
                    ("\u0080\u0002c__torch__\n" + type + "\n)\u0081}b.").getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "program/constants.pkl", "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "program/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            store(zip, "program/version", (VERSION + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** PyTorch's number of a type, which programs name it by. */
    static int scalarType(NumberType type) {
        return switch (type) {
            case FLOAT32 -> 6;
            case BFLOAT16 -> 15;
            case INT8 -> throw new IllegalArgumentException("no activations or caches in " + type);
        };
    }

    /** Makes the calling thread one that runs programs: else the graph executor compiles them anew for the first calls of each shape. */
    static void prepareThread() {
        JniUtils.setGraphExecutorOptimize(false);
    }

    /** Loads an archive for the calling thread. The module is {@code manager}'s. */
    public static PtSymbolBlock load(byte[] archive, PtNDManager manager) {
        prepareThread();
        try {
            return JniUtils.loadModule(manager, new ByteArrayInputStream(archive), false, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
