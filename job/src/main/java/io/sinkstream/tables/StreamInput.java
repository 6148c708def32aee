package io.sinkstream.tables;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkClassNotFoundException;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.execution.streaming.FileStreamOptions;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A table that grows.
 *
 * @param format Spark's name of its source
 * @param paths where it is; none for a source that needs none
 * @param schema its columns as DDL, or null
 * @param options the source's options
 * @param rowsPerTrigger the most rows of a micro-batch from Kafka
 * @param key the column of the streams, or null
 * @param order the column that rows are ordered by, or null
 */
public record StreamInput(
        String format,
        List<String> paths,
        String schema,
        Map<String, String> options,
        int rowsPerTrigger,
        String key,
        String order) {
    private static final Set<String> LIMITS = Set.of("maxfilespertrigger", "maxbytespertrigger");
    private static final String BYTES_PER_TRIGGER = "" + (64L << 20);

    /** Spark leaves files out for ever that are a week older than the newest. No file is that old. */
    private static final String FILE_AGE = "36500d";

    /**
     * The input that the settings say.
     *
     * @param rowsPerTrigger of Kafka, if they don't say
     * @throws UserException if it is missing or lacks what its format needs
     */
    public static StreamInput from(SettingValues values, int rowsPerTrigger) {
        String format = TableInput.known(values.require(Settings.FORMAT));
        Optional<String> schema = values.find(Settings.SCHEMA);
        Map<String, String> options = values.find(Settings.OPTION).orElse(Map.of());
        List<String> paths = values.find(Settings.INPUT).orElse(List.of());
        if (TableInput.FILES.contains(format)) {
            paths = values.require(Settings.INPUT);
            if (schema.isEmpty() && !format.equals("text")) {
                throw new UserException(Settings.SCHEMA + " is missing: files that are still to come can't be looked"
                        + " into; give their columns, such as \"key STRING, seq BIGINT, text STRING\"");
            }
        }
        if (format.equals(TableInput.CATALOG)) {
            TableInput.requireName(values);
        }
        if (format.equals(KafkaRecords.FORMAT)) {
            KafkaRecords.check(options);
        }
        if (paths.size() > 1) {
            throw new UserException(Settings.INPUT + ": an endless stream reads one folder, not " + paths.size()
                    + "; a glob can name several");
        }
        int asked = values.require(StreamSettings.ROWS_PER_TRIGGER);
        return new StreamInput(
                format,
                paths,
                schema.orElse(null),
                options,
                asked > 0 ? asked : rowsPerTrigger,
                values.find(Settings.KEY).orElse(null),
                values.find(Settings.ORDER).orElse(null));
    }

    /** What of its files Spark passes over for their names, in one line. Throws UserException if it names one of them itself. */
    public Optional<String> passedOver(Configuration conf) {
        return isFiles() ? PassedOver.told(conf, Settings.INPUT, paths) : Optional.empty();
    }

    /** Whether it lies in files. */
    public boolean isFiles() {
        return TableInput.FILES.contains(format);
    }

    boolean isKafka() {
        return format.equals(KafkaRecords.FORMAT);
    }

    /** The table. Throws UserException if Spark can't read it. */
    public Dataset<Row> read(SparkSession spark) {
        if (isFiles()) {
            requireNoFile(spark, paths.get(0));
        }
        try {
            Dataset<Row> rows = LostKeys.told(load(spark), format, key);
            if (TableInput.FILES.contains(format)) {
                requireOptions(spark);
            }
            return rows;
        } catch (ParseException e) {
            throw SparkMessages.mendable(Settings.SCHEMA.option(), e);
        } catch (AnalysisException | SparkException e) {
            throw SparkMessages.mendable(Settings.INPUT.option(), e);
        } catch (IllegalArgumentException e) {
            throw SparkMessages.unreadable(Settings.INPUT, String.join(", ", paths), e);
        } catch (SparkClassNotFoundException e) {
            throw SparkMessages.mendable(Settings.FORMAT.option(), e);
        }
    }

    /** Spark would take a single file and then fail in the first micro-batch. */
    private static void requireNoFile(SparkSession spark, String input) {
        try {
            Path path = new Path(input);
            FileSystem files = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
            if (files.exists(path) && files.getFileStatus(path).isFile()) {
                throw new UserException(Settings.INPUT + ": " + input
                        + " is a file; an endless stream reads a folder that files come into, or a glob such as "
                        + input
                        + "*");
            }
        } catch (IOException | IllegalArgumentException e) {
            throw SparkMessages.unreadable(Settings.INPUT, input, e);
        }
    }

    /**
     * Spark looks at the options of files with the first micro-batch only. So they are read from a folder that has none, as they will
     * be then.
     */
    private void requireOptions(SparkSession spark) {
        try {
            var unused =
                    new FileStreamOptions(scala.collection.immutable.Map.from(CollectionConverters.asScala(options)));
            java.nio.file.Path empty = Files.createTempDirectory("sinkstream");
            try {
                planRead(spark, empty.toUri().toString());
            } finally {
                Files.delete(empty);
            }
        } catch (IllegalArgumentException e) {
            throw SparkMessages.mendable(Settings.OPTION.option(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void planRead(SparkSession spark, String place) {
        DataFrameReader reader = spark.read().format(format).options(options);
        if (schema != null) {
            reader.schema(schema);
        }
        var unused = reader.load(place).javaRDD().getNumPartitions();
    }

    /** Spark throws these checked exceptions without declaring them. */
    private Dataset<Row> load(SparkSession spark)
            throws AnalysisException, SparkException, SparkClassNotFoundException {
        DataStreamReader reader = spark.readStream().format(format);
        if (isKafka()) {
            reader.options(KafkaRecords.DEFAULTS).option("maxOffsetsPerTrigger", rowsPerTrigger);
            return KafkaRecords.rows(reader.options(options).load(), schema);
        }
        if (format.equals(TableInput.CATALOG)) {
            return spark.readStream().options(options).table(paths.get(0));
        }
        StructType given = schema == null ? null : StructType.fromDDL(schema);
        if (!isFiles()) {
            return loaded(reader.options(options), given);
        }
        return FolderColumns.asWritten(
                spark,
                paths,
                options,
                order,
                given == null ? Set.of() : Set.of(given.fieldNames()),
                () -> files(reader, given));
    }

    private Dataset<Row> files(DataStreamReader reader, StructType given) {
        if (options.keySet().stream().noneMatch(key -> LIMITS.contains(key.toLowerCase(Locale.ROOT)))) {
            reader.option("maxBytesPerTrigger", BYTES_PER_TRIGGER);
        }
        reader.option("maxFileAge", FILE_AGE);
        if (format.equals(CsvFormat.NAME)) {
            CsvFormat csv = new CsvFormat(options);
            Dataset<Row> rows = loaded(reader.options(csv.options()), csv.withLine(given));
            List<String> fields = new ArrayList<>(List.of(given.fieldNames()));
            fields.removeAll(FolderColumns.names(rows));
            return csv.withProblems(rows, fields.size());
        }
        if (format.equals("json")) {
            // A row over our own limit is told as such. Over the JSON parser's it would come as a row of nulls.
            reader.option("maxStringLen", Integer.MAX_VALUE);
        }
        return loaded(reader.options(options), given);
    }

    private Dataset<Row> loaded(DataStreamReader reader, StructType given) {
        if (given != null) {
            reader.schema(given);
        }
        return paths.isEmpty() ? reader.load() : reader.load(paths.get(0));
    }
}
