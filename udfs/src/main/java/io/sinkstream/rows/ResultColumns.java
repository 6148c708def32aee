package io.sinkstream.rows;

import io.sinkstream.rows.RowOutcome.Bad;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** The columns of each task, in their order. */
final class ResultColumns {
    private static final ResultColumn ERROR = new ResultColumn(
            "error",
            ColumnType.TEXT,
            "What is wrong with the row; null if nothing is. All others are null if something is.",
            outcome -> outcome instanceof Bad bad ? bad.message() : null);

    private static final List<ResultColumn> SCORED = List.of(
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

    private static final ResultColumn TOKEN_NLL = scored(
            "token_nll",
            ColumnType.DOUBLES,
            "Each token's negative log-likelihood, nats; null for the stream's first.",
            score -> nullable(score.tokenNll()));

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

    /** Of rows that are scored. */
    static List<ResultColumn> scored(RowTask.Score task) {
        List<ResultColumn> all = new ArrayList<>(SCORED);
        if (task.tokenNll()) {
            all.add(TOKEN_NLL);
        }
        all.addAll(detailed(task.shown(), task.details()));
        return List.copyOf(all);
    }

    private static List<ResultColumn> detailed(TokenDetails shown, TokenDetails details) {
        List<ResultColumn> all = new ArrayList<>();
        if (shown.rank()) {
            all.add(ofTokens(
                    "token_rank",
                    ColumnType.RANKS,
                    "Each token's rank among all, from 1, by their probability before it came; equal ones share the best rank.",
                    Integer[]::new,
                    score -> token -> details.rank(score.details(), token)));
        }
        if (shown.likeliest() > 0) {
            all.add(ofTokens(
                    "top_logprobs",
                    ColumnType.LOGPROBS,
                    "The likeliest tokens in each one's place, and their log-probabilities, nats.",
                    TokenLogprob[][]::new,
                    score -> token -> likeliest(details, score.details(), token)));
        }
        if (shown.entropy()) {
            all.add(ofTokens(
                    "token_entropy",
                    ColumnType.DOUBLES,
                    "The entropy of each token's prediction, nats.",
                    Double[]::new,
                    score -> token -> details.entropy(score.details(), token)));
        }
        return all;
    }

    private static TokenLogprob[] likeliest(TokenDetails details, double[] numbers, int token) {
        return IntStream.range(0, details.likeliest())
                .mapToObj(place -> new TokenLogprob(
                        details.likeliestToken(numbers, token, place), details.likeliestLogprob(numbers, token, place)))
                .toArray(TokenLogprob[]::new);
    }

    /** A column of a value a token, null where nothing predicted it. */
    private static <T> ResultColumn ofTokens(
            String name, ColumnType type, String doc, IntFunction<T[]> array, Function<Scored, IntFunction<T>> values) {
        return scored(name, type, doc, score -> {
            IntFunction<T> value = values.apply(score);
            return IntStream.range(0, score.tokens())
                    .mapToObj(token -> Double.isNaN(score.tokenNll()[token]) ? null : value.apply(token))
                    .toArray(array);
        });
    }

    private static ResultColumn scored(String name, ColumnType type, String doc, Function<Scored, Object> value) {
        return new ResultColumn(
                name, type, doc, outcome -> outcome instanceof Scored score ? value.apply(score) : null);
    }

    private static ResultColumn continued(String name, ColumnType type, String doc, Function<Continued, Object> value) {
        return new ResultColumn(
                name, type, doc, outcome -> outcome instanceof Continued turn ? value.apply(turn) : null);
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
