package io.sinkstream.batch;

import com.univocity.parsers.csv.CsvParser;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.csv.CSVOptions;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.execution.datasources.csv.CSVFileFormat;
import org.apache.spark.sql.execution.datasources.csv.CSVUtils;
import scala.jdk.javaapi.CollectionConverters;

/** The first lines of CSV files. Spark takes columns by their place, whatever a file says of itself. */
public final class CsvHeaders {
    private static final String UNCHECKED = "enforceSchema";

    private CsvHeaders() {}

    /**
     * Reads the first line of each file of a table of CSV, unless an option says that there is none or that it does not matter.
     *
     * @throws UserException if one names other columns than the table has, or in another order
     */
    public static void check(HadoopFsRelation table, SparkSession spark) {
        Map<String, String> given = CollectionConverters.asJava(table.options());
        if (!(table.fileFormat() instanceof CSVFileFormat)
                || given.keySet().stream().anyMatch(UNCHECKED::equalsIgnoreCase)
                || !(table.location() instanceof PartitioningAwareFileIndex files)) {
            return;
        }
        CSVOptions options = new CSVOptions(table.options(), false, "UTC");
        if (!options.headerFlag()) {
            return;
        }
        List<String> expected = Stream.of(table.dataSchema().fieldNames())
                .filter(name -> !name.equals(CsvLines.COLUMN))
                .toList();
        Configuration conf = spark.sessionState().newHadoopConfWithOptions(table.options());
        for (FileStatus file : CollectionConverters.asJava(files.allFiles())) {
            try {
                check(file.getPath(), expected, options, conf);
            } catch (IOException e) {
                throw new UserException(
                        Settings.INPUT + ": " + file.getPath() + " can't be read: " + e.getMessage(), e);
            }
        }
    }

    private static void check(Path file, List<String> expected, CSVOptions options, Configuration conf)
            throws IOException {
        String[] header = first(file, options, conf);
        if (header == null) {
            // An empty file has no rows to be mistaken.
            return;
        }
        String[] safe = CSVUtils.makeSafeHeader(header, false, options);
        boolean isSame = header.length == expected.size();
        for (int i = 0; isSame && i < header.length; i++) {
            String name = expected.get(i);
            isSame = header[i] == null
                    || header[i].isBlank()
                    || header[i].strip().equalsIgnoreCase(name)
                    || safe[i].equalsIgnoreCase(name);
        }
        if (!isSame) {
            throw new UserException(String.format(
                    Locale.ROOT,
                    "%s: the CSV file %s begins with the columns %s, and not with %s, as %s or the first file says;"
                            + " columns are taken by their place: give them so, or with %s %s=true pass names over",
                    Settings.INPUT,
                    file,
                    String.join(", ", header),
                    String.join(", ", expected),
                    Settings.SCHEMA,
                    Settings.OPTION,
                    UNCHECKED));
        }
    }

    private static String[] first(Path file, CSVOptions options, Configuration conf) throws IOException {
        FileSystem files = file.getFileSystem(conf);
        CompressionCodec codec = new CompressionCodecFactory(conf).getCodec(file);
        try (InputStream raw = files.open(file);
                InputStream in = codec == null ? raw : codec.createInputStream(raw)) {
            CsvParser parser = new CsvParser(options.asParserSettings());
            parser.beginParsing(in, options.charset());
            String[] first = parser.parseNext();
            parser.stopParsing();
            return first;
        }
    }
}
