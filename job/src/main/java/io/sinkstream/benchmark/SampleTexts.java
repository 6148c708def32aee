package io.sinkstream.benchmark;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** The texts of a table, row by row, as token ids: with what the tokenizer puts in front of each, as its own users have it. */
public final class SampleTexts {
    private static final String CONTENT = "content";

    private SampleTexts() {}

    /**
     * The rows' token ids, in the order of a column or else of the files. Rows that are null are left out.
     *
     * @param columns the text's or the token ids' column, and the order's if there is one
     * @param samples how many rows at most
     * @param checkpoint the model's
     * @param vocabulary how many ids there are
     * @throws UserException if there are no rows, a column does not fit or an id is no token
     */
    public static List<int[]> read(
            Dataset<Row> input, StreamColumns columns, int samples, Checkpoint checkpoint, int vocabulary) {
        Column content = KeyedInput.content(input, columns).as(CONTENT);
        List<Row> rows = input.orderBy(order(input, columns))
                .select(content)
                .where(functions.col(CONTENT).isNotNull())
                .limit(samples)
                .collectAsList();
        if (rows.isEmpty()) {
            throw new UserException(Settings.INPUT + ": there are no rows to measure on");
        }
        return columns.tokens() == null ? encoded(rows, checkpoint) : ids(rows, columns.tokens(), vocabulary);
    }

    private static Column[] order(Dataset<Row> input, StreamColumns columns) {
        if (columns.order() != null) {
            return new Column[] {KeyedInput.order(input, columns.order())};
        }
        String missing = Settings.ORDER + " is missing: only rows of files can do without, in the files' order";
        return new Column[] {
            KeyedInput.file(input, "file_path", missing),
            KeyedInput.file(input, "file_block_start", missing),
            functions.monotonically_increasing_id()
        };
    }

    private static List<int[]> encoded(List<Row> rows, Checkpoint checkpoint) {
        try (TextTokenizer tokenizer = checkpoint
                .tokenizer()
                .orElseThrow(() -> new UserException(Settings.MODEL
                        + ": there is no tokenizer.json to read a text with; give " + Settings.TOKENS))) {
            int[] prefix = tokenizer.prefix();
            List<int[]> texts = new ArrayList<>();
            for (Row row : rows) {
                texts.add(IntStream.concat(IntStream.of(prefix), IntStream.of(tokenizer.encode(row.getString(0))))
                        .toArray());
            }
            return texts;
        }
    }

    private static List<int[]> ids(List<Row> rows, String column, int vocabulary) {
        List<int[]> texts = new ArrayList<>();
        for (Row row : rows) {
            Stream<Number> numbers = row.<Number>getList(0).stream();
            texts.add(numbers.mapToInt(number -> id(number, column, vocabulary)).toArray());
        }
        return texts;
    }

    private static int id(Number number, String column, int vocabulary) {
        if (number == null || number.longValue() < 0 || number.longValue() >= vocabulary) {
            throw new UserException(Settings.TOKENS + ": " + column + " has the token " + number
                    + ", which is outside the vocabulary, 0 to " + (vocabulary - 1));
        }
        return number.intValue();
    }
}
