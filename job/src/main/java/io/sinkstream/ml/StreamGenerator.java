package io.sinkstream.ml;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.streaming.KeyedStreams;
import io.sinkstream.streaming.StatefulSink;
import io.sinkstream.streaming.StreamOptions;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continues keyed text streams: each row is a turn, and its continuation becomes part of the stream. What the command {@code
 * stream generate} does, for a streaming table at hand.
 *
 * <pre>{@code
 * Dataset<Row> answers = new StreamGenerator().setModel("llama").setKeyCol("user").setOrderCol("time").transform(turns);
 * }</pre>
 */
public final class StreamGenerator {
    private static final Logger LOG = LoggerFactory.getLogger(StreamGenerator.class);

    private final NamedSettings settings = new NamedSettings(Stream.concat(
                    Stream.of(Settings.MAX_NEW_TOKENS, Settings.IGNORE_EOS, Settings.TEMPLATE, Settings.CHAT),
                    GenerationConfig.settings().stream())
            .toArray(Setting<?>[]::new));

    /** A generator with the settings of Spark's configuration, and the defaults of all others. */
    public StreamGenerator() {}

    /** The checkpoint: a folder, or a name in the local Hugging Face cache; or {@code builtin}. */
    public StreamGenerator setModel(String model) {
        return set(Settings.MODEL.name(), model);
    }

    /** The column that says which stream a row belongs to. */
    public StreamGenerator setKeyCol(String column) {
        return set(Settings.KEY.name(), column);
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
        settings.set(name, value);
        return this;
    }

    /**
     * The table with columns added: {@code continuation}, {@code continuation_tokens}, {@code finish_reason}, {@code nll} (nats),
     * {@code stream_tokens} and {@code error}. A streaming table's query runs in a session of its own, see {@link
     * KeyedStreams#apply(Dataset, StreamOptions)}.
     *
     * @throws UserException if the model, the columns or the settings do not fit, before a job starts
     */
    public Dataset<Row> transform(Dataset<?> table) {
        Dataset<Row> rows = table.toDF();
        SettingValues values = settings.values(rows);
        KeyedOptions.warnings(values).forEach(LOG::warn);
        KeyedOptions options = KeyedOptions.continuing(values);
        return NamedSettings.results(rows, options, values);
    }

    /**
     * A writer of a streaming table's rows, continued, to a sink of Spark's, for the query of {@link #setCheckpoint}. See {@link
     * StatefulSink} for what it has over {@code transform(table).writeStream()}.
     *
     * @param format the sink's name, such as {@code parquet}
     * @throws UserException if there is no checkpoint, or as {@link #transform} does
     */
    public DataStreamWriter<Row> writeStream(Dataset<?> table, String format) {
        String checkpoint = settings.values(table.toDF()).require(StreamSettings.CHECKPOINT);
        return StatefulSink.writer(transform(table), format).option("checkpointLocation", checkpoint);
    }
}
