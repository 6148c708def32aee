package io.sinkstream.tables;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.streaming.StatefulSink;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.DataStreamWriter;

/**
 * Where results without end go.
 *
 * @param path null for a sink that needs none
 */
public record StreamOutput(String format, String path, Map<String, String> options) {

    /** The output that the settings say. Throws UserException if it lacks what its format needs. */
    public static StreamOutput from(SettingValues values) {
        String format = TableInput.known(values.require(Settings.OUTPUT_FORMAT));
        Map<String, String> options = values.find(Settings.OUTPUT_OPTION).orElse(Map.of());
        String path = TableInput.FILES.contains(format)
                ? values.require(Settings.OUTPUT)
                : values.find(Settings.OUTPUT).orElse(null);
        if (format.equals(KafkaRecords.FORMAT)) {
            for (String name : new String[] {KafkaRecords.SERVERS, "topic"}) {
                if (!options.containsKey(name)) {
                    throw new UserException(
                            Settings.OUTPUT_OPTION + " " + name + "=... is missing: Kafka's sink needs it");
                }
            }
        }
        return new StreamOutput(format, path, options);
    }

    /** Whether it goes to files. */
    public boolean isFiles() {
        return TableInput.FILES.contains(format);
    }

    /** A writer of these rows; a Kafka record gets the stream's key, and all columns as JSON. */
    public DataStreamWriter<Row> writer(Dataset<Row> rows, StreamColumns columns) {
        Dataset<Row> written = rows;
        if (format.equals(KafkaRecords.FORMAT)) {
            Column all = functions.struct(java.util.stream.Stream.of(rows.columns())
                    .map(name -> functions.col(KeyedInput.quoted(name)))
                    .toArray(Column[]::new));
            written = rows.select(
                    KeyedInput.key(rows, columns).as("key"),
                    functions.to_json(all).as("value"));
        }
        DataStreamWriter<Row> writer = StatefulSink.writer(written, format).options(options);
        if (path != null) {
            writer.option("path", path);
        }
        return writer;
    }
}
