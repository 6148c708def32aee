package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;

/** The functions of a table: they add to its rows the columns of {@code score} or {@code generate}. */
enum TableFunction {
    SCORE(
            "sink_score",
            "Adds to a table of keyed rows how well the model predicts each from its stream before it.",
            "tokens"),
    GENERATE(
            "sink_generate",
            "Adds to a table of keyed turns what the model goes on with after each; it becomes part of the stream.",
            "continuation");

    private final String sqlName;
    private final String usage;

    /** The column that the example asks for. */
    private final String column;

    TableFunction(String sqlName, String usage, String column) {
        this.sqlName = sqlName;
        this.usage = usage;
        this.column = column;
    }

    /** The name that queries call it by. */
    String sqlName() {
        return sqlName;
    }

    /** The way from settings to what is done. */
    Function<SettingValues, KeyedOptions> options() {
        return this == SCORE ? KeyedOptions::scoring : KeyedOptions::continuing;
    }

    /** The settings that a call can be given by name. */
    List<Setting<?>> settings() {
        List<Setting<?>> own = this == SCORE ? Settings.OF_SCORING : KeyedOptions.OF_CONTINUATIONS;
        return Stream.of(Settings.OF_MODEL, KeyedOptions.OF_ROWS, own)
                .<Setting<?>>flatMap(List::stream)
                .toList();
    }

    /** What {@code DESCRIBE FUNCTION} tells. */
    ExpressionInfo info() {
        return new ExpressionInfo(
                KeyedTables.class.getName(),
                null,
                sqlName,
                "_FUNC_(TABLE(t) PARTITION BY key ORDER BY order[, name => value, ...]) - " + usage,
                "\n    Arguments:\n      * TABLE(t) - the rows; PARTITION BY names the column that says which stream"
                        + " a row belongs to, ORDER BY those that order a stream\n"
                        + Names.arguments(settings()),
                "\n    Examples:\n      > SELECT " + column + " FROM _FUNC_(TABLE(SELECT 'a' AS host, 1 AS time,"
                        + " 'INFO started' AS text) PARTITION BY host ORDER BY time);\n",
                "",
                "table_funcs",
                Names.SINCE,
                "",
                "java_udf");
    }
}
