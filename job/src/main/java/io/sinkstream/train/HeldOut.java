package io.sinkstream.train;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.checkpoint.TextTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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

/** Whole streams of a text that no model was trained on. */
final class HeldOut {
    private static final StructType SCHEMA = new StructType()
            .add("key", DataTypes.StringType, false)
            .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false);

    private HeldOut() {}

    /**
     * The token ids of each stream, in the order of their keys; Spark's tasks encode them.
     *
     * @param tokenizer the {@code tokenizer.json}; empty where the table has ids
     * @param vocabulary ids of a table are 0 to this, exclusive
     * @param skipped counts rows that can't be used; registered already
     */
    static List<int[]> streams(
            Dataset<Row> rows,
            TrainingText text,
            Optional<String> tokenizer,
            int vocabulary,
            int partitions,
            LongAccumulator skipped) {
        KeyedInput.Arranged arranged = KeyedInput.arranged(rows, text.columns(), partitions);
        RowLayout layout = arranged.layout();
        String json = tokenizer.orElse(null);
        MapPartitionsFunction<Row, Row> encode = partition -> {
            if (!partition.hasNext()) {
                return partition;
            }
            TextTokenizer encoder = json == null ? null : PackedSamples.open(json);
            if (encoder != null) {
                TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> encoder.close());
            }
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return partition.hasNext();
                }

                @Override
                public Row next() {
                    Row row = partition.next();
                    int[] ids = PackedSamples.ids(row, layout, text, encoder, vocabulary, skipped);
                    // A row without a key has no ids.
                    String key = layout.key(row);
                    return RowFactory.create(key == null ? "" : key, ids);
                }
            };
        };
        Map<String, List<int[]>> byKey = new TreeMap<>();
        for (Row row :
                arranged.rows().mapPartitions(encode, Encoders.row(SCHEMA)).collectAsList()) {
            int[] ids =
                    row.<Integer>getList(1).stream().mapToInt(Integer::intValue).toArray();
            byKey.computeIfAbsent(row.getString(0), key -> new ArrayList<>()).add(ids);
        }
        return byKey.values().stream()
                .map(parts -> parts.stream().flatMapToInt(Arrays::stream).toArray())
                .toList();
    }
}
