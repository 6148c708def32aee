package io.sinkstream.tables;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkClassNotFoundException;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.types.StructType;

/**
 * A table to read.
 *
 * @param format Spark's name of its source
 * @param paths where it is; none for a source that needs none
 * @param schema its columns as DDL, or null to infer them
 * @param options the source's options
 * @param key the column of the streams, or null
 * @param order the column that rows are ordered by, or null
 */
public record TableInput(
        String format, List<String> paths, String schema, Map<String, String> options, String key, String order) {
    private static final Map<String, String> ENDINGS =
            Map.of("jsonl", "json", "json", "json", "csv", "csv", "parquet", "parquet", "txt", "text", "log", "text");
    /** The formats that lie in files, by Spark's names. */
    static final Set<String> FILES = Set.of("json", "csv", "parquet", "text", "orc");

    /** The format of tables in Spark's catalog, whose input is their name. */
    static final String CATALOG = "table";

    private static final Set<String> COMPRESSIONS = Set.of("gz", "bz2", "zst", "lz4", "snappy", "deflate");

    /** The input that the settings say. Throws UserException if it is missing, or of unknown format. */
    public static TableInput from(SettingValues values) {
        Optional<String> format = values.find(Settings.FORMAT).map(TableInput::known);
        List<String> paths = values.find(Settings.INPUT).orElse(List.of());
        if (format.isEmpty() || FILES.contains(format.get())) {
            paths = values.require(Settings.INPUT);
        }
        if (format.filter(CATALOG::equals).isPresent()) {
            requireName(values);
        }
        if (format.filter(KafkaRecords.FORMAT::equals).isPresent()) {
            KafkaRecords.check(values.find(Settings.OPTION).orElse(Map.of()));
        }
        List<String> known = paths;
        return new TableInput(
                format.orElseGet(() -> formatOf(known)),
                paths,
                values.find(Settings.SCHEMA).orElse(null),
                values.find(Settings.OPTION).orElse(Map.of()),
                values.find(Settings.KEY).orElse(null),
                values.find(Settings.ORDER).orElse(null));
    }

    /** Throws UserException unless the input is one table's name and nothing says what the catalog knows. */
    static void requireName(SettingValues values) {
        List<String> names = values.require(Settings.INPUT);
        if (names.size() > 1) {
            throw new UserException(
                    Settings.INPUT + ": " + Settings.FORMAT + " " + CATALOG + " reads one table, not " + names.size());
        }
        values.find(Settings.SCHEMA).ifPresent(schema -> {
            throw new UserException(Settings.SCHEMA + ": a table has its own columns; leave it out with "
                    + Settings.FORMAT + " " + CATALOG);
        });
    }

    /** The columns of a format whose rows always have the same ones, where the settings name none. */
    public static StreamColumns columns(String format, StreamColumns given) {
        return switch (format) {
            case "text" -> given.withText("value");
            case KafkaRecords.FORMAT -> given.withKeyAndOrder(KafkaRecords.KEY, KafkaRecords.ORDER);
            default -> given;
        };
    }

    /** Whether it lies in files. */
    public boolean isFiles() {
        return FILES.contains(format);
    }

    /** Whether it is read from Kafka. */
    public boolean isKafka() {
        return format.equals(KafkaRecords.FORMAT);
    }

    /** The same table elsewhere. */
    public TableInput withPaths(List<String> others) {
        return new TableInput(format, others, schema, options, key, order);
    }

    /** The same table, read with another option. */
    public TableInput withOption(String name, String value) {
        Map<String, String> more = new HashMap<>(options);
        more.put(name, value);
        return new TableInput(format, paths, schema, more, key, order);
    }

    /** What of its files Spark passes over for their names, in one line. Throws UserException if it names one of them itself. */
    public Optional<String> passedOver(Configuration conf) {
        return isFiles() ? PassedOver.told(conf, Settings.INPUT, paths) : Optional.empty();
    }

    /** The names that an order may be of: a column's, or those of several, joined by commas. */
    static List<String> orders(String order) {
        return order == null
                ? List.of()
                : Stream.concat(
                                Stream.of(order),
                                Stream.of(order.split(",", -1)).map(String::strip))
                        .toList();
    }

    /** Whether it ends as files of rows do. */
    static boolean isOfRows(String name) {
        return ENDINGS.containsKey(ending(name));
    }

    /** The table. Throws UserException if Spark can't read it. */
    public Dataset<Row> read(SparkSession spark) {
        return read(spark, Settings.INPUT);
    }

    /** The table, whose paths were given by {@code place}. Throws UserException if Spark can't read it. */
    public Dataset<Row> read(SparkSession spark, Setting<?> place) {
        if (isFiles()) {
            // Spark says so too, but not before it has logged a stack trace.
            paths.forEach(path -> requireFiles(spark, place, path));
        }
        try {
            return LostKeys.told(load(spark), format, key);
        } catch (ParseException e) {
            throw SparkMessages.mendable(Settings.SCHEMA.option(), e);
        } catch (AnalysisException | SparkException e) {
            throw SparkMessages.mendable(place.option(), e);
        } catch (IllegalArgumentException e) {
            throw SparkMessages.unreadable(place, String.join(", ", paths), e);
        } catch (SparkClassNotFoundException e) {
            throw SparkMessages.mendable(Settings.FORMAT.option(), e);
        }
    }

    private static void requireFiles(SparkSession spark, Setting<?> place, String pattern) {
        try {
            Path path = new Path(pattern);
            FileStatus[] found = path.getFileSystem(spark.sparkContext().hadoopConfiguration())
                    .globStatus(path);
            if (found == null || found.length == 0) {
                throw new UserException(place + ": there is no file or folder " + pattern);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw SparkMessages.unreadable(place, pattern, e);
        }
    }

    /** Spark throws these checked exceptions without declaring them. */
    private Dataset<Row> load(SparkSession spark)
            throws AnalysisException, SparkException, SparkClassNotFoundException {
        if (isKafka()) {
            return KafkaRecords.rows(
                    spark.read()
                            .format(format)
                            .options(KafkaRecords.DEFAULTS)
                            .options(options)
                            .load(),
                    schema);
        }
        if (format.equals(CATALOG)) {
            return spark.read().options(options).table(paths.get(0));
        }
        StructType given = schema == null ? null : StructType.fromDDL(schema);
        if (!isFiles()) {
            return loaded(spark, given);
        }
        return FolderColumns.asWritten(
                spark,
                paths,
                options,
                order,
                given == null ? Set.of() : Set.of(given.fieldNames()),
                () -> format.equals(CsvFormat.NAME)
                        ? new CsvFormat(options).read(spark, given, order, paths)
                        : loaded(spark, given));
    }

    private Dataset<Row> loaded(SparkSession spark, StructType given) {
        DataFrameReader reader = spark.read().format(format);
        if (format.equals("json")) {
            // A row over our own limit is told as such. Over the JSON parser's it would come as a row of nulls.
            reader.option("maxStringLen", Integer.MAX_VALUE);
        }
        reader.options(options);
        if (given != null) {
            reader.schema(given);
        }
        return paths.isEmpty() ? reader.load() : reader.load(paths.toArray(String[]::new));
    }

    /** Names of formats are the same in any case; names of a source's class are not. */
    static String known(String format) {
        String lower = format.toLowerCase(Locale.ROOT);
        return FILES.contains(lower) || lower.equals(KafkaRecords.FORMAT) || lower.equals(CATALOG) ? lower : format;
    }

    private static String formatOf(List<String> paths) {
        Set<String> formats = paths.stream()
                .map(TableInput::ending)
                .map(ending -> ENDINGS.getOrDefault(ending, ""))
                .collect(Collectors.toSet());
        String format = formats.iterator().next();
        if (formats.size() > 1 || format.isEmpty()) {
            throw new UserException(Settings.FORMAT + " is missing: " + String.join(", ", paths)
                    + (formats.size() > 1 ? " end in several ways" : " ends in no way that tells it")
                    + "; give json, text, csv, parquet, table or another source of Spark");
        }
        return format;
    }

    private static String ending(String path) {
        String name = path.substring(path.lastIndexOf('/', Math.max(0, path.length() - 2)) + 1)
                .replaceAll("/+$", "")
                .toLowerCase(Locale.ROOT);
        String ending = name.substring(name.lastIndexOf('.') + 1);
        return COMPRESSIONS.contains(ending) && ending.length() < name.length()
                ? ending(name.substring(0, name.length() - ending.length() - 1))
                : ending;
    }
}
