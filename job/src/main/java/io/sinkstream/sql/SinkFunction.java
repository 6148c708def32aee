package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.ResultSchema;
import io.sinkstream.rows.ResultColumn;
import io.sinkstream.rows.RowTask;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TokenDetails;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.types.DataType;

/** The functions of a text: each gives one of the result columns of a stream that has this text as its only row. */
public enum SinkFunction {
    NLL(
            "nll",
            "Returns the negative log-likelihood of the text under the model, in nats, summed over its tokens.",
            "> SELECT round(_FUNC_('INFO SparkContext: Running Spark version 4.0.1'));",
            "33.0"),
    PERPLEXITY(
            "perplexity",
            "Returns the perplexity of the text under the model: exp of the mean negative log-likelihood of its tokens.",
            "> SELECT round(_FUNC_('INFO SparkContext: Running Spark version 4.0.1'));",
            "13.0"),
    TOKEN_NLL(
            "token_nll",
            "Returns the negative log-likelihood of each token of the text, in nats; null for the first.",
            "> SELECT size(_FUNC_('INFO SparkContext: Running Spark version 4.0.1'));",
            "14"),
    TOKENS(
            "tokens",
            "Returns how many tokens the model reads the text as, with what stands before and behind it.",
            "> SELECT _FUNC_('INFO SparkContext: Running Spark version 4.0.1');",
            "14"),
    CONTINUE(
            "continuation",
            "Returns what the model goes on with after the text, in at most `n` tokens.",
            "> SELECT _FUNC_('INFO SparkContext: Running Spark', 4);",
            " version 4.");

    private static final List<Setting<?>> OF_TEXT = List.of(Settings.MAX_ROW_BYTES);

    private final String column;
    private final String usage;
    private final String example;

    /** @param value what the example gives */
    SinkFunction(String column, String usage, String example, String value) {
        this.column = column;
        this.usage = usage;
        this.example = example + "\n       " + value;
    }

    /** The name that queries call it by. */
    String sqlName() {
        return this == CONTINUE ? "sink_continue" : "sink_" + column;
    }

    DataType dataType() {
        return ResultSchema.type(result().type());
    }

    /** The column of results that it is. */
    ResultColumn result() {
        RowTask continued = new RowTask.Continue(1, false, Sampling.GREEDY, 0);
        return Stream.concat(
                        new RowTask.Score(true, TokenDetails.NONE).columns().stream(), continued.columns().stream())
                .filter(result -> result.name().equals(column))
                .findFirst()
                .orElseThrow();
    }

    /** The settings that a call can be given by name. */
    List<Setting<?>> settings() {
        List<Setting<?>> own = this == CONTINUE ? KeyedOptions.OF_CONTINUATIONS : List.of(Settings.SEPARATOR);
        return Stream.of(Settings.OF_MODEL, OF_TEXT, own)
                .<Setting<?>>flatMap(List::stream)
                .toList();
    }

    /** What {@code DESCRIBE FUNCTION} tells. */
    ExpressionInfo info() {
        String call = this == CONTINUE ? "_FUNC_(text[, n])" : "_FUNC_(text)";
        StringBuilder arguments = new StringBuilder("\n    Arguments:\n      * text - a string; null gives null\n");
        if (this == CONTINUE) {
            arguments.append("      * n - the most tokens, a constant of at least 1; in its place max_new_tokens\n");
        }
        arguments.append(Names.arguments(settings()));
        return new ExpressionInfo(
                SinkCall.class.getName(),
                null,
                sqlName(),
                call + " - " + usage,
                arguments.toString(),
                "\n    Examples:\n      " + example + "\n",
                "\n    The text is a stream of its own, and the model sees nothing but it. " + note() + "\n  ",
                "string_funcs",
                Names.SINCE,
                "",
                "java_udf");
    }

    private String note() {
        return "A text that is too long, or has characters that the model has no token for, fails the query under"
                + " spark.sql.ansi.enabled and gives null without.";
    }
}
