package io.sinkstream.ml;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.net.URI;
import java.nio.file.Path;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continues keyed text streams: each row is a turn, and its continuation becomes part of the stream. What the command {@code
 * stream generate} does, for a table at hand. To it come the columns {@code continuation}, {@code continuation_tokens}, {@code
 * finish_reason}, {@code nll} (nats), {@code stream_tokens} and {@code error}. A streaming table's query runs in a session of its
 * own, see {@link io.sinkstream.streaming.KeyedStreams}.
 *
 * <pre>{@code
 * Dataset<Row> answers = new StreamGenerator().setModel("llama").setKeyCol("user").setOrderCol("time").transform(turns);
 * }</pre>
 */
public final class StreamGenerator extends KeyedTransformer {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(StreamGenerator.class);

    /** A generator with the settings of Spark's configuration, and the defaults of all others. */
    public StreamGenerator() {
        this(Identifiable$.MODULE$.randomUID("StreamGenerator"));
    }

    /** The same with that name of its own, as Spark makes one that was saved. */
    public StreamGenerator(String uid) {
        super(uid, KeyedOptions.OF_CONTINUATIONS);
    }

    /** The checkpoint: a folder, or a name in the local Hugging Face cache; or {@code builtin}. */
    public StreamGenerator setModel(String model) {
        return set(Settings.MODEL.name(), model);
    }

    /** The column that says which stream a row belongs to. */
    public StreamGenerator setKeyCol(String column) {
        return set(Settings.KEY.name(), column);
    }

    /** The checkpoint by its path or {@code file:} URL, as DJL's Spark extension names it. */
    public StreamGenerator setModelUrl(String url) {
        return setModel(url.startsWith("file:") ? Path.of(URI.create(url)).toString() : url);
    }

    /** The column that orders a stream's rows. */
    public StreamGenerator setOrderCol(String column) {
        return set(Settings.ORDER.name(), column);
    }

    /** The column of the text; {@code text} if none is given. */
    public StreamGenerator setInputCol(String column) {
        return set(Settings.TEXT.name(), column);
    }

    /** What the added columns' names start with. */
    public StreamGenerator setPrefix(String prefix) {
        return set(Settings.PREFIX.name(), prefix);
    }

    /** Where the stream keeps its state: the same as the writer's {@code checkpointLocation}. */
    public StreamGenerator setCheckpoint(String path) {
        return set(StreamSettings.CHECKPOINT.name(), path);
    }

    /**
     * Any other setting, by the name that it has as an option of the command line, without the dashes in front.
     *
     * @throws UserException if there is none of this name, it has no part in continuing, or the value is wrong
     */
    public StreamGenerator set(String name, String value) {
        put(name, value);
        return this;
    }

    @Override
    KeyedOptions options(SettingValues values) {
        KeyedOptions options = KeyedOptions.continuing(values);
        KeyedOptions.warnings(options.model(), values).forEach(LOG::warn);
        return options;
    }

    /** Reads one that was saved. */
    public static MLReader<StreamGenerator> read() {
        return new DefaultParamsReader<>();
    }

    /** The one that was saved there. */
    public static StreamGenerator load(String path) {
        return read().load(path);
    }
}
