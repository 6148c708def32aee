package io.sinkstream.streaming;

import io.sinkstream.batch.ResultColumns;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.batch.RowLayout.BadRow;
import io.sinkstream.batch.RowProblem;
import io.sinkstream.batch.RowScore;
import io.sinkstream.batch.ScoringOptions;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.LateRows;
import io.sinkstream.state.StreamHead;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Makes the rows that come out: the input's columns, the results, and one column of counts that {@link StreamCounts} sums. */
final class OutputRows {
    private final StreamOptions options;
    private final RowLayout layout;
    private final TextTokenizer tokenizer;

    OutputRows(StreamOptions options, RowLayout layout, StreamModel model) {
        this.options = options;
        this.layout = layout;
        tokenizer = model.tokenizer().orElse(null);
    }

    /** The columns that are added to the input's, the counts aside. */
    static List<StructField> columns(StreamOptions options) {
        ScoringOptions scoring = options.scoring();
        if (!options.generates()) {
            return ResultColumns.scored(scoring);
        }
        String prefix = scoring.prefix();
        return List.of(
                DataTypes.createStructField(prefix + "continuation", DataTypes.StringType, true),
                DataTypes.createStructField(
                        prefix + "continuation_tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), true),
                DataTypes.createStructField(prefix + "finish_reason", DataTypes.StringType, true),
                DataTypes.createStructField(prefix + "nll", DataTypes.DoubleType, true),
                DataTypes.createStructField(prefix + "stream_tokens", DataTypes.LongType, true),
                DataTypes.createStructField(prefix + "error", DataTypes.StringType, true));
    }

    /** The schema of all that comes out: input, results and counts. */
    static StructType schema(StructType input, StreamOptions options, boolean isCaseSensitive) {
        StructType all = ResultColumns.append(input, columns(options), options.scoring(), isCaseSensitive);
        return all.add(StreamCounts.COLUMN, StreamCounts.SCHEMA, false);
    }

    /** A row that was scored. */
    Row scored(Row input, RowScore score, CacheUse caches) {
        Object[] values = RowScore.values(input, layout.columns(), score, null, options.scoring(), 1);
        values[values.length - 1] = StreamCounts.of(score.tokens(), null, false, caches);
        return RowFactory.create(values);
    }

    /**
     * A row that was continued.
     *
     * @param before the stream's last tokens before the continuation
     */
    Row continued(Row input, int[] before, StreamResult.Advanced result, CacheUse caches) {
        Object[] values = row(input, 6 + 1);
        int at = layout.columns();
        int[] continuation = result.continuation().tokens();
        values[at] = tokenizer == null ? null : text(before, continuation);
        values[at + 1] = Arrays.stream(continuation).boxed().toArray(Integer[]::new);
        values[at + 2] = result.continuation().finish().toString();
        values[at + 3] = result.continuation().nll();
        values[at + 4] = result.state().position();
        values[at + 6] = StreamCounts.of(result.nll().length + continuation.length, null, false, caches);
        return RowFactory.create(values);
    }

    /** A row that changed no stream. */
    Row bad(Row input, BadRow problem) {
        boolean isDropped =
                problem.problem() == RowProblem.LATE && options.scoring().late() == LateRows.DROP;
        int results = columns(options).size();
        Object[] values = row(input, results + 1);
        int error = options.scoring().tokenNll() ? results - 2 : results - 1;
        values[layout.columns() + error] = problem.getMessage();
        values[values.length - 1] = StreamCounts.of(0, problem.problem(), isDropped, CacheUse.NONE);
        return RowFactory.create(values);
    }

    private Object[] row(Row input, int more) {
        Object[] values = new Object[layout.columns() + more];
        for (int i = 0; i < layout.columns(); i++) {
            values[i] = input.get(i);
        }
        return values;
    }

    /** Of the continuation alone: what the tokenizer makes of a text's first token is not what it makes of a later one. */
    private String text(int[] before, int[] continuation) {
        int[] context = Arrays.copyOfRange(before, Math.max(0, before.length - StreamHead.CONTEXT), before.length);
        int[] all = Arrays.copyOf(context, context.length + continuation.length);
        System.arraycopy(continuation, 0, all, context.length, continuation.length);
        String start = tokenizer.decode(context);
        String whole = tokenizer.decode(all);
        // Where a character is cut in two, or is none at all, some decoders read the bytes before it otherwise too.
        return whole.startsWith(start) ? whole.substring(start.length()) : tokenizer.decode(continuation);
    }
}
