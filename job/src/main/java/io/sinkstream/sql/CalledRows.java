package io.sinkstream.sql;

import io.sinkstream.batch.ExecutorCounts;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.TaskEngine;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.rows.RowResult;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.unsafe.types.UTF8String;
import scala.collection.AbstractIterator;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractFunction1;

/** What a task does: rows in, the same rows with the values of all calls out, in their order. */
final class CalledRows
        extends AbstractFunction1<scala.collection.Iterator<InternalRow>, scala.collection.Iterator<InternalRow>>
        implements Serializable {
    private static final long serialVersionUID = 1;

    private final ArrayList<Lane> lanes;
    private final ArrayList<Expression> texts;
    private final Seq<Attribute> input;
    private final Seq<Attribute> output;
    private final SQLMetric modelRows;
    private final int width;

    /** @param isStrict whether a text that has no value fails the query */
    CalledRows(
            List<SinkCall> calls, Seq<Attribute> input, Seq<Attribute> output, boolean isStrict, SQLMetric modelRows) {
        this.input = input;
        this.output = output;
        this.modelRows = modelRows;
        this.width = calls.size();
        texts = new ArrayList<>();
        Map<List<Object>, Lane> byWork = new LinkedHashMap<>();
        for (int i = 0; i < calls.size(); i++) {
            SinkCall call = calls.get(i);
            Expression text = call.text().canonicalized();
            int column = indexOf(texts, text);
            if (column == texts.size()) {
                texts.add(call.text());
            }
            byWork.computeIfAbsent(
                            List.of(column, call.terms()),
                            unused -> new Lane(column, call.terms().options(), isStrict))
                    .add(call.function(), i);
        }
        lanes = new ArrayList<>(byWork.values());
    }

    private static int indexOf(List<Expression> texts, Expression canonical) {
        int index = 0;
        while (index < texts.size() && !texts.get(index).canonicalized().equals(canonical)) {
            index++;
        }
        return index;
    }

    @Override
    public scala.collection.Iterator<InternalRow> apply(scala.collection.Iterator<InternalRow> rows) {
        // A partition without rows loads no model.
        if (!rows.hasNext()) {
            return rows;
        }
        Iterator<CalledRow> called = read(rows);
        for (Lane lane : lanes) {
            called = through(lane, called);
        }
        return written(called);
    }

    private Iterator<CalledRow> read(scala.collection.Iterator<InternalRow> rows) {
        UnsafeProjection projection = UnsafeProjection.create(Seqs.of(texts), input);
        projection.initialize(TaskContext.getPartitionId());
        return new Iterator<>() {
            private long index;

            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public CalledRow next() {
                InternalRow row = rows.next();
                InternalRow read = projection.apply(row);
                String[] decoded = new String[texts.size()];
                for (int i = 0; i < decoded.length; i++) {
                    UTF8String text = read.isNullAt(i) ? null : read.getUTF8String(i);
                    decoded[i] = text == null ? null : text.toString();
                }
                // What reads the rows may put the next one in its place.
                return new CalledRow(row.copy(), index++, decoded, new Object[width]);
            }
        };
    }

    /** The rows with the values of one lane's calls. */
    private Iterator<CalledRow> through(Lane lane, Iterator<CalledRow> rows) {
        KeyedOptions options = lane.options();
        RowEngine<CalledRow> results = TaskEngine.open(
                        options, UUID.randomUUID().toString(), lane, (model, states) -> counted(rows))
                .gradually();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return results.hasNext();
            }

            @Override
            public CalledRow next() {
                RowResult<CalledRow> result = results.next();
                ExecutorCounts.BATCH.add(result.outcome());
                lane.fill(result.row(), result.outcome());
                return result.row();
            }
        };
    }

    private Iterator<CalledRow> counted(Iterator<CalledRow> rows) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public CalledRow next() {
                modelRows.add(1);
                return rows.next();
            }
        };
    }

    private scala.collection.Iterator<InternalRow> written(Iterator<CalledRow> rows) {
        Seq<Expression> columns = Seqs.of(Seqs.list(output));
        UnsafeProjection projection = UnsafeProjection.create(columns, output);
        projection.initialize(TaskContext.getPartitionId());
        JoinedRow joined = new JoinedRow();
        return new AbstractIterator<>() {
            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public InternalRow next() {
                CalledRow row = rows.next();
                return projection.apply(joined.apply(row.row(), new GenericInternalRow(row.values())));
            }
        };
    }
}
