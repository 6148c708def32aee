package io.sinkstream.batch;

import io.sinkstream.rows.RowOptions;
import io.sinkstream.rows.StreamCutter;
import io.sinkstream.state.EndState;
import io.sinkstream.stream.StreamModel;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Tells the rows of one partition, sorted by key and order, which segment of their stream they belong to. */
final class CutTask implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    private final ModelSource model;
    private final RowOptions options;
    private final RowLayout layout;
    private final EndState states;
    private final int tokens;

    /**
     * @param states makes bytes of a stream's state where a segment begins
     * @param tokens how long segments are
     */
    CutTask(ModelSource model, RowOptions options, RowLayout layout, EndState states, int tokens) {
        this.model = model;
        this.options = options;
        this.layout = layout;
        this.states = states;
        this.tokens = tokens;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return Collections.emptyIterator();
        }
        StreamModel running = ExecutorModel.of(model);
        StreamCutter<Row> cutter = new StreamCutter<>(rows, layout, running, options, tokens);
        return new Iterator<>() {
            private long place;

            @Override
            public boolean hasNext() {
                return cutter.hasNext();
            }

            @Override
            public Row next() {
                StreamCutter.Cut<Row> cut = cutter.next();
                Row row = cut.row();
                Object[] values = new Object[row.length() + SegmentLayout.ADDED];
                for (int i = 0; i < row.length(); i++) {
                    values[i] = row.get(i);
                }
                values[row.length()] = cut.segment();
                values[row.length() + 1] = place++;
                values[row.length() + 2] = cut.before() == null ? null : states.bytes(cut.before());
                values[row.length() + 3] = cut.goesOn();
                return RowFactory.create(values);
            }
        };
    }
}
