package io.sinkstream.ml;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.streaming.KeyedStreams;
import io.sinkstream.streaming.StatefulSink;
import io.sinkstream.streaming.StreamOptions;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.streaming.DataStreamWriter;

/**
 * Scores keyed text streams: how well a model predicts each row from its stream before it. What the commands {@code score} and
 * {@code stream score} do, for a table at hand.
 *
 * <pre>{@code
 * Dataset<Row> scored = new StreamScorer().setModel("llama").setKeyCol("host").setOrderCol("time").transform(rows);
 * }</pre>
 */
public final class StreamScorer {
    private final NamedSettings settings = new NamedSettings(Settings.OF_SCORING.toArray(Setting<?>[]::new));

    /** A scorer with the settings of Spark's configuration, and the defaults of all others. */
    public StreamScorer() {}

    /** The checkpoint: a folder, or a name in the local Hugging Face cache; or {@code builtin}. */
    public StreamScorer setModel(String model) {
        return set(Settings.MODEL.name(), model);
    }

    /** The column that says which stream a row belongs to. */
    public StreamScorer setKeyCol(String column) {
        return set(Settings.KEY.name(), column);
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
        settings.set(name, value);
        return this;
    }

    /**
     * The table with columns added: {@code tokens}, {@code nll} (nats), {@code perplexity}, {@code bits_per_byte}, {@code
     * stream_tokens}, {@code stream_perplexity} and {@code error}. A streaming table's query runs in a session of its own, see
     * {@link KeyedStreams#apply(Dataset, StreamOptions)}.
     *
     * @throws UserException if the model, the columns or the settings do not fit, before a job starts
     */
    public Dataset<Row> transform(Dataset<?> table) {
        Dataset<Row> rows = table.toDF();
        SettingValues values = settings.values(rows);
        KeyedOptions options = KeyedOptions.scoring(values);
        return NamedSettings.results(rows, options, values);
    }

    /**
     * A writer of a streaming table's rows, scored, to a sink of Spark's, for the query of {@link #setCheckpoint}. See {@link
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
