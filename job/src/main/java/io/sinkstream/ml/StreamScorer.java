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

/**
 * Scores keyed text streams: how well a model predicts each row from its stream before it. What the commands {@code score} and
 * {@code stream score} do, for a table at hand. To it come the columns {@code tokens}, {@code nll} (nats), {@code perplexity}, {@code bits_per_byte}, {@code stream_tokens}, {@code
 * stream_perplexity} and {@code error}. A streaming table's query runs in a session of its own, see {@link
 * io.sinkstream.streaming.KeyedStreams}.
 *
 * <pre>{@code
 * Dataset<Row> scored = new StreamScorer().setModel("llama").setKeyCol("host").setOrderCol("time").transform(rows);
 * }</pre>
 */
public final class StreamScorer extends KeyedTransformer {
    private static final long serialVersionUID = 1;

    /** A scorer with the settings of Spark's configuration, and the defaults of all others. */
    public StreamScorer() {
        this(Identifiable$.MODULE$.randomUID("StreamScorer"));
    }

    /** The same with that name of its own, as Spark makes one that was saved. */
    public StreamScorer(String uid) {
        super(uid, Settings.OF_SCORING);
    }

    /** The checkpoint: a folder, or a name in the local Hugging Face cache; or {@code builtin}. */
    public StreamScorer setModel(String model) {
        return set(Settings.MODEL.name(), model);
    }

    /** The column that says which stream a row belongs to. */
    public StreamScorer setKeyCol(String column) {
        return set(Settings.KEY.name(), column);
    }

    /** The checkpoint by its path or {@code file:} URL, as DJL's Spark extension names it. */
    public StreamScorer setModelUrl(String url) {
        return setModel(url.startsWith("file:") ? Path.of(URI.create(url)).toString() : url);
    }

    /** The column that orders a stream's rows. */
    public StreamScorer setOrderCol(String column) {
        return set(Settings.ORDER.name(), column);
    }

    /** The column of the text; {@code text} if none is given. */
    public StreamScorer setInputCol(String column) {
        return set(Settings.TEXT.name(), column);
    }

    /** What the added columns' names start with. */
    public StreamScorer setPrefix(String prefix) {
        return set(Settings.PREFIX.name(), prefix);
    }

    /** Where an endless stream keeps its state: the same as the writer's {@code checkpointLocation}. */
    public StreamScorer setCheckpoint(String path) {
        return set(StreamSettings.CHECKPOINT.name(), path);
    }

    /**
     * Any other setting, by the name that it has as an option of the command line, without the dashes in front.
     *
     * @throws UserException if there is none of this name, it has no part in scoring, or the value is
     *     wrong
     */
    public StreamScorer set(String name, String value) {
        put(name, value);
        return this;
    }

    @Override
    KeyedOptions options(SettingValues values) {
        return KeyedOptions.scoring(values);
    }

    /** Reads one that was saved. */
    public static MLReader<StreamScorer> read() {
        return new DefaultParamsReader<>();
    }

    /** The one that was saved there. */
    public static StreamScorer load(String path) {
        return read().load(path);
    }
}
