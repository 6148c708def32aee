package io.sinkstream.batch;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The columns that scoring adds, in their order. */
public final class ResultColumns {
    private ResultColumns() {}

    /** How many there are. */
    static int count(ScoringOptions options) {
        return options.tokenNll() ? 8 : 7;
    }

    /** The input's columns and then the results'. Throws UserException if a name would be there twice. */
    static StructType append(StructType input, ScoringOptions options, boolean isCaseSensitive) {
        return append(input, scored(options), options, isCaseSensitive);
    }

    /** The input's columns and then {@code more}. Throws UserException if a name would be there twice. */
    public static StructType append(
            StructType input, List<StructField> more, ScoringOptions options, boolean isCaseSensitive) {
        List<StructField> fields = new ArrayList<>(List.of(input.fields()));
        for (StructField added : more) {
            for (String name : input.fieldNames()) {
                if (isCaseSensitive ? name.equals(added.name()) : name.equalsIgnoreCase(added.name())) {
                    throw new UserException(
                            "the input has a column " + name + " already, and the results have one of this"
                                    + " name; give the added columns' names a start of their own by " + Settings.PREFIX
                                    + (options.prefix().isEmpty() ? "" : ", other than " + options.prefix()));
                }
            }
            fields.add(added);
        }
        return new StructType(fields.toArray(StructField[]::new));
    }

    /** The columns that scoring adds. */
    public static List<StructField> scored(ScoringOptions options) {
        List<StructField> fields = new ArrayList<>();
        fields.add(DataTypes.createStructField(options.prefix() + "tokens", DataTypes.IntegerType, true));
        fields.add(DataTypes.createStructField(options.prefix() + "nll", DataTypes.DoubleType, true));
        fields.add(DataTypes.createStructField(options.prefix() + "perplexity", DataTypes.DoubleType, true));
        fields.add(DataTypes.createStructField(options.prefix() + "bits_per_byte", DataTypes.DoubleType, true));
        fields.add(DataTypes.createStructField(options.prefix() + "stream_tokens", DataTypes.LongType, true));
        fields.add(DataTypes.createStructField(options.prefix() + "stream_perplexity", DataTypes.DoubleType, true));
        fields.add(DataTypes.createStructField(options.prefix() + "error", DataTypes.StringType, true));
        if (options.tokenNll()) {
            fields.add(DataTypes.createStructField(
                    options.prefix() + "token_nll", DataTypes.createArrayType(DataTypes.DoubleType, true), true));
        }
        return fields;
    }
}
