package io.sinkstream.ml;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedRows;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.streaming.KeyedStreams;
import io.sinkstream.streaming.StreamOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.Tuple2;

/** Settings that were given by name, over those of Spark's configuration. */
final class NamedSettings {
    private static final List<Setting<?>> OF_ROWS = List.of(
            Settings.KEY,
            Settings.ORDER,
            Settings.TEXT,
            Settings.TOKENS,
            Settings.LATE,
            Settings.MAX_ROW_BYTES,
            Settings.PREFIX,
            Settings.PARTITIONS);

    private static final List<Setting<?>> OF_ENDLESS_STREAMS = List.of(
            StreamSettings.CHECKPOINT,
            StreamSettings.HISTORY,
            StreamSettings.IDLE,
            StreamSettings.EVENT_TIME,
            StreamSettings.WATERMARK);

    private final List<Setting<?>> known;
    private final Map<String, List<String>> given = new TreeMap<>();

    /** @param own what one of the ways in knows beside what all do */
    NamedSettings(Setting<?>... own) {
        known = Stream.of(Settings.OF_MODEL, OF_ROWS, OF_ENDLESS_STREAMS, List.of(own))
                .<Setting<?>>flatMap(List::stream)
                .toList();
    }

    void set(String name, String value) {
        if (known.stream().noneMatch(setting -> setting.name().equals(name))) {
            throw new UserException(name + ": is no setting of this; there are "
                    + String.join(
                            ", ", known.stream().map(Setting::name).sorted().toList()));
        }
        given.put(name, List.of(value));
        // A wrong value is told where it is given.
        var unused = SettingValues.resolve(given, Map.of());
    }

    /** The settings for this table. Throws UserException if one is for another kind of table. */
    SettingValues values(Dataset<Row> rows) {
        if (!rows.isStreaming()) {
            OF_ENDLESS_STREAMS.stream()
                    .filter(setting -> given.containsKey(setting.name()))
                    .findFirst()
                    .ifPresent(setting -> {
                        throw new UserException(setting + " is for a streaming table, and this one is none");
                    });
        }
        Map<String, String> configuration = new HashMap<>();
        for (Tuple2<String, String> entry :
                rows.sparkSession().sparkContext().getConf().getAll()) {
            configuration.put(entry._1(), entry._2());
        }
        return SettingValues.resolve(given, configuration);
    }

    /** The table with its results: of a streaming one by a query with state. */
    static Dataset<Row> results(Dataset<Row> rows, KeyedOptions options, SettingValues values) {
        return rows.isStreaming()
                ? KeyedStreams.apply(
                        rows,
                        StreamOptions.from(options, values),
                        values.find(StreamSettings.CHECKPOINT).orElse(null))
                : KeyedRows.apply(rows, options);
    }
}
