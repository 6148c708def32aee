package io.sinkstream.djl;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import ai.djl.Application;
import io.sinkstream.rows.RowTask;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The file that makes a folder a model of DJL's. Beside DJL's own keys it has settings under the names that they have in Spark's
 * configuration. The folder is the checkpoint, unless {@code spark.sinkstream.model} names one elsewhere.
 *
 * @see <a href="https://docs.djl.ai/master/docs/load_model.html">how DJL loads models</a>
 */
public final class ServingProperties {
    /** Its name. */
    public static final String FILE = "serving.properties";

    /** What DJL calls a model whose texts are continued. */
    static final Application CONTINUED = Application.NLP.TEXT_GENERATION;

    /** Where it runs is DJL's to say. */
    private static final List<Setting<?>> OF_MODEL = Stream.concat(
                    Settings.OF_MODEL.stream(), Stream.of(Settings.MAX_ROW_BYTES))
            .filter(setting -> !setting.equals(Settings.DEVICE))
            .<Setting<?>>map(setting -> setting)
            .toList();

    private ServingProperties() {}

    /** The settings that say how texts are scored. */
    public static List<Setting<?>> ofScoring() {
        return Stream.of(OF_MODEL, List.<Setting<?>>of(Settings.SEPARATOR), Settings.OF_TOKENS)
                .<Setting<?>>flatMap(List::stream)
                .toList();
    }

    /** The settings that say how texts are continued. */
    public static List<Setting<?>> ofContinuations() {
        return Stream.concat(OF_MODEL.stream(), RowTask.Continue.settings().stream())
                .toList();
    }

    /** All that the file can have: of the two kinds of task the one is an input's as well as the other. */
    static List<Setting<?>> settings() {
        return Stream.concat(ofScoring().stream(), RowTask.Continue.settings().stream())
                .toList();
    }

    /**
     * The file of a model that scores what could be scored or continued: DJL's {@code Input} and {@code byte[]}.
     *
     * @param settings by their keys in Spark's configuration
     */
    public static String scoring(Map<String, String> settings) {
        return text(settings, Map.of());
    }

    /** The same of a model that continues it. */
    public static String continuing(Map<String, String> settings) {
        return text(settings, Map.of("application", CONTINUED.getPath()));
    }

    private static String text(Map<String, String> settings, Map<String, String> more) {
        Properties all = new Properties();
        all.setProperty("engine", "PyTorch");
        all.setProperty("blockFactory", StreamBlockFactory.class.getName());
        all.setProperty("translatorFactory", StreamTranslatorFactory.class.getName());
        // Else DJL looks for weights in a format of its own.
        all.setProperty("option.hasParameter", "false");
        all.putAll(more);
        all.putAll(settings);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            all.store(bytes, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Without the date, which store puts in front, and in an order that stays.
        return bytes.toString(ISO_8859_1)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .sorted()
                .collect(Collectors.joining(
                        "\n", "# DJL loads this folder by sinkstream, whose jar has to be there.\n", "\n"));
    }
}
