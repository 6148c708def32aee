package io.sinkstream.train;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.rows.BadRow;
import io.sinkstream.rows.Utf8;
import io.sinkstream.settings.Packing;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;

/**
 * A table of samples: {@code number}, which tells them apart, and {@code tokens}, T + 1 ids.
 *
 * <p>Streams stand one behind another, each with its rows in their order, and are cut every T tokens wherever that is. The last
 * token of a sample is the first of the next, so that every token is predicted once; a sample with a sink in front has that
 * in its place, and predicts its first token from it. What is left at the end of a partition, or of a stream where samples may
 * not go on into the next, and fills no sample is left out.
 */
final class PackedSamples {
    static final StructType SCHEMA = new StructType()
            .add("number", DataTypes.LongType, false)
            .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false);

    /** Partitions of a table have fewer samples than this. */
    private static final int PARTITION_SHIFT = 32;

    private PackedSamples() {}

    /**
     * Packs a table.
     *
     * @param packing which streams a sample's tokens are of
     * @param tokenizer a {@code tokenizer.json}; null where the table has token ids
     * @param vocabulary ids have to be below
     * @param context T
     * @param sink the token in front of each sample; negative for none
     * @param skipped counts rows without key, order or content, those that are too long and those with ids outside the vocabulary
     */
    static Dataset<Row> of(
            Dataset<Row> rows,
            TrainingText text,
            Packing packing,
            String tokenizer,
            int vocabulary,
            int context,
            int sink,
            int partitions,
            LongAccumulator skipped) {
        KeyedInput.Arranged arranged = KeyedInput.arranged(rows, text.columns(), partitions);
        RowLayout layout = arranged.layout();
        boolean isText = text.columns().tokens() == null;
        MapPartitionsFunction<Row, Row> pack = partition -> {
            if (!partition.hasNext()) {
                return partition;
            }
            TextTokenizer encoder = isText ? open(tokenizer) : null;
            TaskContext task = TaskContext.get();
            if (encoder != null) {
                task.addTaskCompletionListener((TaskCompletionListener) ended -> encoder.close());
            }
            return new Cutting(
                    partition,
                    row -> ids(row, layout, text, encoder, vocabulary, skipped),
                    packing == Packing.WITHIN ? layout::key : row -> null,
                    context,
                    sink,
                    (long) task.partitionId() << PARTITION_SHIFT);
        };
        return arranged.rows().mapPartitions(pack, Encoders.row(SCHEMA));
    }

    /** A row's ids; none for one that is skipped. */
    static int[] ids(
            Row row,
            RowLayout layout,
            TrainingText text,
            TextTokenizer encoder,
            int vocabulary,
            LongAccumulator skipped) {
        if (layout.problem(row) != null
                || !layout.hasContent(row)
                || layout.key(row) == null
                || layout.lacksOrder(row)) {
            skipped.add(1);
            return new int[0];
        }
        try {
            if (encoder == null) {
                int[] ids = layout.tokens(row);
                if (Arrays.stream(ids).allMatch(id -> id >= 0 && id < vocabulary)) {
                    return ids;
                }
            } else {
                String whole = layout.text(row) + text.separator();
                if (Utf8.length(whole) <= text.maxRowBytes()) {
                    return encoder.encode(whole);
                }
            }
        } catch (BadRow | UserException e) {
            // Counted below, as every other row that can't be used is.
        }
        skipped.add(1);
        return new int[0];
    }

    /** A tokenizer of this {@code tokenizer.json}. The caller closes it. */
    static TextTokenizer open(String json) {
        try {
            Path file = Files.createTempFile("sinkstream", ".json");
            try {
                return TextTokenizer.open(Files.writeString(file, json));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From a row to its ids. */
    private interface Encoding {
        int[] of(Row row);
    }

    /** Cuts what rows give into samples, each of rows that {@code streams} says are of one stream. */
    private static final class Cutting implements Iterator<Row> {
        private final Iterator<Row> rows;
        private final Encoding encoding;
        private final Function<Row, String> streams;
        private final int context;
        private final int sink;
        private final ArrayDeque<int[]> ready = new ArrayDeque<>();
        private int[] sample;
        private int filled;
        private String stream;
        private long number;

        Cutting(
                Iterator<Row> rows,
                Encoding encoding,
                Function<Row, String> streams,
                int context,
                int sink,
                long number) {
            this.rows = rows;
            this.encoding = encoding;
            this.streams = streams;
            this.context = context;
            this.sink = sink;
            this.number = number;
            begin(null);
        }

        /** Begins a sample that goes on where another ends, or one that does not for null. */
        private void begin(int[] before) {
            sample = new int[context + 1];
            filled = 0;
            if (sink >= 0) {
                sample[filled++] = sink;
            } else if (before != null) {
                sample[filled++] = before[context];
            }
        }

        @Override
        public boolean hasNext() {
            while (ready.isEmpty() && rows.hasNext()) {
                Row row = rows.next();
                String next = streams.apply(row);
                if (!Objects.equals(stream, next)) {
                    stream = next;
                    begin(null);
                }
                int[] ids = encoding.of(row);
                for (int from = 0; from < ids.length; ) {
                    int count = Math.min(ids.length - from, sample.length - filled);
                    System.arraycopy(ids, from, sample, filled, count);
                    from += count;
                    filled += count;
                    if (filled == sample.length) {
                        ready.add(sample);
                        begin(sample);
                    }
                }
            }
            return !ready.isEmpty();
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return RowFactory.create(number++, ready.remove());
        }
    }
}
