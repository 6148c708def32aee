package io.sinkstream.tables;

import io.sinkstream.batch.KeyText;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/** Kafka's records as rows: the key and the value as text, or the value's fields if it is JSON of a known schema. */
final class KafkaRecords {
    /** Spark's name of the source and of the sink. */
    static final String FORMAT = "kafka";

    /** The columns that a stream is told by and that order it, unless others are named. */
    static final String KEY = "key";

    static final String ORDER = "offset";

    static final String SERVERS = "kafka.bootstrap.servers";
    private static final Set<String> SUBSCRIPTIONS = Set.of("subscribe", "subscribepattern", "assign");

    /** What Kafka says of a record beside its key and value. */
    private static final List<String> PLACE = List.of("topic", "partition", ORDER, "timestamp");

    private KafkaRecords() {}

    /** Rows of a transaction that was given up are no rows, unless the user says so. */
    static final Map<String, String> DEFAULTS = Map.of("kafka.isolation.level", "read_committed");

    /** Throws UserException if the source's options lack what it needs. */
    static void check(Map<String, String> options) {
        if (!options.containsKey(SERVERS)) {
            throw new UserException(Settings.OPTION + " " + SERVERS + "=HOST:PORT is missing: Kafka's brokers");
        }
        if (options.keySet().stream().noneMatch(key -> SUBSCRIPTIONS.contains(key.toLowerCase(Locale.ROOT)))) {
            throw new UserException(Settings.OPTION + " subscribe=TOPIC is missing: which of Kafka's topics to read");
        }
    }

    /**
     * The rows of the source's table. A key that is no UTF-8 is written as {@link KeyText} says.
     *
     * @param schema the value's fields as DDL; null to take it as the text
     */
    static Dataset<Row> rows(Dataset<Row> records, String schema) throws ParseException {
        List<Column> columns = new ArrayList<>();
        Column value = functions.col("value").cast("string");
        List<String> names = List.of();
        Dataset<Row> table = records;
        if (schema != null) {
            StructType payload = StructType.fromDDL(schema);
            names = List.of(payload.fieldNames());
            table = records.withColumn("payload", functions.from_json(value, payload));
        }
        if (!names.contains(KEY)) {
            columns.add(KeyText.of(functions.col(KEY), KEY));
        }
        if (schema == null) {
            columns.add(value.as("text"));
        }
        for (String name : names) {
            columns.add(functions.col("payload").getField(name).as(name));
        }
        for (String name : PLACE) {
            if (!names.contains(name)) {
                columns.add(functions.col(name));
            }
        }
        return table.select(columns.toArray(Column[]::new));
    }
}
