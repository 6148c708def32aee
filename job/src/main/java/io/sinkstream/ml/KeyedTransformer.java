package io.sinkstream.ml;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedRows;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.streaming.KeyedStreams;
import io.sinkstream.streaming.StatefulSink;
import io.sinkstream.streaming.StreamOptions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.types.StructType;

/**
 * Keyed text streams as a transformer: each setting is a param, with the setting's doc and check. A param that is not set is as Spark's
 * configuration says, and else the setting's default.
 */
abstract class KeyedTransformer extends Transformer implements DefaultParamsWritable {
    private static final long serialVersionUID = 1;

    private static final List<Setting<?>> OF_STREAMS = List.of(Settings.KEY, Settings.ORDER);

    private static final List<Setting<?>> OF_ENDLESS_STREAMS = List.of(
            StreamSettings.CHECKPOINT,
            StreamSettings.HISTORY,
            StreamSettings.IDLE,
            StreamSettings.EVENT_TIME,
            StreamSettings.WATERMARK);

    /** Where Spark ML has a name of its own. */
    private static final Map<String, String> NAMES = Map.of(
            Settings.KEY.name(), "keyCol",
            Settings.ORDER.name(), "orderCol",
            Settings.TEXT.name(), "inputCol",
            Settings.TOKENS.name(), "tokensCol");

    private final String uid;

    /** By the settings' names. */
    private final LinkedHashMap<String, Param<String>> settings = new LinkedHashMap<>();

    /** @param own what one of the transformers knows beside what all do */
    KeyedTransformer(String uid, List<Setting<?>> own) {
        this.uid = uid;
        Stream.of(Settings.OF_MODEL, OF_STREAMS, KeyedOptions.OF_ROWS, OF_ENDLESS_STREAMS, own)
                .flatMap(List::stream)
                .forEach(setting -> settings.put(setting.name(), new Param<>(uid, paramName(setting), setting.doc())));
    }

    private static String paramName(Setting<?> setting) {
        if (NAMES.containsKey(setting.name())) {
            return NAMES.get(setting.name());
        }
        StringBuilder name = new StringBuilder();
        for (String word : setting.name().split("-", -1)) {
            name.append(name.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return name.toString();
    }

    /** The options that these settings say. */
    abstract KeyedOptions options(SettingValues values);

    @Override
    public final String uid() {
        return uid;
    }

    @Override
    public final Param<?>[] params() {
        return settings.values().toArray(Param<?>[]::new);
    }

    final void put(String name, String value) {
        Param<String> param = settings.get(name);
        if (param == null) {
            List<Setting<?>> known = Settings.all().stream()
                    .filter(setting -> settings.containsKey(setting.name()))
                    .toList();
            throw new UserException(name + ": is no setting of this; the nearest is "
                    + SettingValues.nearest(known, name).name() + ", and there are "
                    + String.join(", ", settings.keySet().stream().sorted().toList()));
        }
        // A wrong value is told where it is given.
        var unused = SettingValues.resolve(Map.of(name, List.of(value)), Map.of());
        set(param, value);
    }

    @Override
    public final Dataset<Row> transform(Dataset<?> table) {
        Dataset<Row> rows = table.toDF();
        SettingValues values = values(rows);
        KeyedOptions options = options(values);
        return rows.isStreaming()
                ? KeyedStreams.apply(
                        rows,
                        StreamOptions.from(options, values),
                        values.find(StreamSettings.CHECKPOINT).orElse(null))
                : KeyedRows.apply(rows, options);
    }

    /**
     * The schema of {@link #transform}'s table.
     *
     * @throws UserException if the model, the columns or the settings do not fit
     */
    @Override
    public final StructType transformSchema(StructType schema) {
        Dataset<Row> empty = SparkSession.active().createDataFrame(List.<Row>of(), schema);
        return KeyedRows.apply(empty, options(resolved(empty))).schema();
    }

    /**
     * A writer of a streaming table's rows, with their results, to a sink of Spark's, for the query of {@code setCheckpoint}. See
     * {@link StatefulSink} for what it has over {@code transform(table).writeStream()}.
     *
     * @param format the sink's name, such as {@code parquet}
     * @throws UserException if there is no checkpoint, or as {@link #transform} does
     */
    public final DataStreamWriter<Row> writeStream(Dataset<?> table, String format) {
        String checkpoint = values(table.toDF()).require(StreamSettings.CHECKPOINT);
        return StatefulSink.writer(transform(table), format).option("checkpointLocation", checkpoint);
    }

    /** The settings for this table. Throws UserException if one is for another kind of table. */
    private SettingValues values(Dataset<Row> rows) {
        if (!rows.isStreaming()) {
            OF_ENDLESS_STREAMS.stream()
                    .filter(setting -> isSet(settings.get(setting.name())))
                    .findFirst()
                    .ifPresent(setting -> {
                        throw new UserException(setting + " is for a streaming table, and this one is none");
                    });
        }
        return resolved(rows);
    }

    private SettingValues resolved(Dataset<Row> rows) {
        Map<String, List<String>> given = new TreeMap<>();
        settings.forEach((name, param) -> {
            if (isSet(param)) {
                given.put(name, List.of($(param)));
            }
        });
        Map<String, String> configuration = new HashMap<>();
        for (scala.Tuple2<String, String> entry :
                rows.sparkSession().sparkContext().getConf().getAll()) {
            configuration.put(entry._1(), entry._2());
        }
        return SettingValues.resolve(given, configuration);
    }

    @Override
    public final Transformer copy(ParamMap extra) {
        return defaultCopy(extra);
    }
}
