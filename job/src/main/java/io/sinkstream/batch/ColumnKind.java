package io.sinkstream.batch;

import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.CharType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DayTimeIntervalType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegralType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.VarcharType;
import org.apache.spark.sql.types.YearMonthIntervalType;

/**
 * Which of Spark's types stand for each other in what is kept of a stream. Of two kinds the same value is another key, and
 * orders of two kinds can't be compared.
 */
final class ColumnKind {
    private ColumnKind() {}

    /** Of a key's column: the types that write a value as the same text. */
    static String ofKey(DataType type) {
        return type instanceof FloatType ? type.simpleString() : ofOrder(type);
    }

    /** Of an order's column: the types whose values stand for themselves by the same bytes, see {@link RowValues#order}. */
    static String ofOrder(DataType type) {
        if (type instanceof IntegralType) {
            return "bigint";
        }
        if (type instanceof FloatType || type instanceof DoubleType) {
            return "double";
        }
        if (type instanceof StringType || type instanceof CharType || type instanceof VarcharType) {
            return "string";
        }
        if (type instanceof DecimalType decimal) {
            return "decimal(" + DecimalType.MAX_PRECISION() + "," + decimal.scale() + ")";
        }
        if (type instanceof YearMonthIntervalType) {
            return "interval year to month";
        }
        if (type instanceof DayTimeIntervalType) {
            return "interval day to second";
        }
        if (type instanceof ArrayType array) {
            return "array<" + ofOrder(array.elementType()) + ">";
        }
        if (type instanceof StructType struct) {
            return Stream.of(struct.fields())
                    .map(field -> ofOrder(field.dataType()))
                    .collect(Collectors.joining(",", "struct<", ">"));
        }
        return type.simpleString();
    }
}
