package io.sinkstream.rows;

import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.rows.RowOutcome.Scored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** The columns of each task, in their order. */
final class ResultColumns {
    private static final ResultColumn ERROR = new ResultColumn(
            "error",
            ColumnType.TEXT,
            "What is wrong with the row; null if nothing is. All others are null if something is.",
            outcome -> outcome instanceof Bad bad ? bad.message() : null);

    static final List<ResultColumn> SCORED = List.of(
            scored("tokens", ColumnType.INT, "How many tokens the row has.", Scored::tokens),
            scored("nll", ColumnType.DOUBLE, "Their summed negative log-likelihood, nats.", Scored::nllOrNull),
            scored("perplexity", ColumnType.DOUBLE, "Over the row's predicted tokens.", Scored::perplexity),
            scored(
                    "bits_per_byte",
                    ColumnType.DOUBLE,
                    "Of the row's text and separator in UTF-8.",
                    Scored::bitsPerByte),
            scored(
                    "stream_tokens",
                    ColumnType.LONG,
                    "How many tokens the stream has after the row.",
                    Scored::streamTokens),
            scored("stream_perplexity", ColumnType.DOUBLE, "Over the stream so far.", Scored::streamPerplexity),
            ERROR);

    static final List<ResultColumn> SCORED_WITH_TOKENS = and(
            SCORED,
            scored(
                    "token_nll",
                    ColumnType.DOUBLES,
                    "Each token's negative log-likelihood, nats; null for the stream's first.",
                    score -> nullable(score.tokenNll())));

    static final List<ResultColumn> CONTINUED = List.of(
            continued("continuation", ColumnType.TEXT, "What the model went on with.", Continued::text),
            continued(
                    "continuation_tokens",
                    ColumnType.INTS,
                    "The same as token ids.",
                    turn -> boxed(turn.continuation())),
            continued("finish_reason", ColumnType.TEXT, "Why it ended: length, eos or stop.", turn -> turn.finish()
                    .toString()),
            continued("nll", ColumnType.DOUBLE, "The continuation's negative log-likelihood, nats.", Continued::nll),
            continued(
                    "stream_tokens",
                    ColumnType.LONG,
                    "How many tokens the stream has after it.",
                    Continued::streamTokens),
            ERROR);

    private ResultColumns() {}

    private static ResultColumn scored(String name, ColumnType type, String doc, Function<Scored, Object> value) {
        return new ResultColumn(
                name, type, doc, outcome -> outcome instanceof Scored score ? value.apply(score) : null);
    }

    private static ResultColumn continued(String name, ColumnType type, String doc, Function<Continued, Object> value) {
        return new ResultColumn(
                name, type, doc, outcome -> outcome instanceof Continued turn ? value.apply(turn) : null);
    }

    private static List<ResultColumn> and(List<ResultColumn> columns, ResultColumn more) {
        List<ResultColumn> all = new ArrayList<>(columns);
        all.add(more);
        return List.copyOf(all);
    }

    private static Integer[] boxed(int[] tokens) {
        return Arrays.stream(tokens).boxed().toArray(Integer[]::new);
    }

    /** NaN, where nothing predicted the token, becomes null. */
    private static Double[] nullable(double[] numbers) {
        Double[] result = new Double[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            result[i] = Double.isNaN(numbers[i]) ? null : (Double) numbers[i];
        }
        return result;
    }
}
