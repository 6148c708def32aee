package io.sinkstream.batch;

import com.univocity.parsers.csv.CsvParser;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.catalyst.csv.CSVOptions;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import scala.jdk.javaapi.CollectionConverters;

/** Lines of CSV that have more fields than there are columns. Spark leaves out what is too much, without a word. */
public final class CsvLines {
    /** Where Spark puts a line that does not fit, if the table has such a column. */
    public static final String COLUMN = "__sinkstream_line";

    private CsvLines() {}

    /**
     * The table without {@link #COLUMN}, and with what is wrong with each row in {@link KeyedInput#PROBLEM}.
     *
     * @param options that the lines were read with
     * @param columns how many a line has
     */
    public static Dataset<Row> withProblems(Dataset<Row> rows, Map<String, String> options, int columns) {
        Map<String, String> copy = new HashMap<>(options);
        UDF1<String, String> problem = line -> line == null ? null : problem(line, copy, columns);
        Column found = functions.udf(problem, DataTypes.StringType).apply(functions.col(COLUMN));
        return rows.withColumn(KeyedInput.PROBLEM, found).drop(COLUMN);
    }

    /** Fields that are missing at a line's end are null, and a value of another type than its column's is so. */
    private static String problem(String line, Map<String, String> options, int columns) {
        CSVOptions read = new CSVOptions(
                scala.collection.immutable.Map.from(CollectionConverters.asScala(options)), false, "UTC");
        String[] fields = new CsvParser(read.asParserSettings()).parseLine(line);
        return fields == null || fields.length <= columns
                ? null
                : "the line has " + fields.length + " fields, and there are " + columns + " columns";
    }
}
