package io.sinkstream.sql;

import java.util.List;
import java.util.Objects;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;
import org.apache.spark.sql.internal.SQLConf;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/** {@link SinkCalls} as it runs: the rows of a partition go through the executor's model in passes. */
public final class SinkCallsExec extends SparkPlan {
    private static final long serialVersionUID = 1;

    /** The metric of rows whose texts were given to the model. */
    static final String MODEL_ROWS = "modelRows";

    private final Seq<Expression> calls;
    private final Seq<Attribute> results;
    private final SparkPlan child;
    private transient Map<String, SQLMetric> metrics;

    /** The same parts as those of {@link SinkCalls}. */
    public SinkCallsExec(Seq<Expression> calls, Seq<Attribute> results, SparkPlan child) {
        this.calls = calls;
        this.results = results;
        this.child = child;
    }

    @Override
    public RDD<InternalRow> doExecute() {
        List<SinkCall> all =
                Seqs.list(calls).stream().map(call -> (SinkCall) call).toList();
        CalledRows called = new CalledRows(
                all,
                child.output(),
                output(),
                SQLConf.get().ansiEnabled(),
                metrics().apply(MODEL_ROWS));
        return child.execute().mapPartitions(called, true, ClassTag$.MODULE$.apply(InternalRow.class));
    }

    @Override
    public synchronized Map<String, SQLMetric> metrics() {
        if (metrics == null) {
            SQLMetric rows = SQLMetrics.createMetric(sparkContext(), "rows through the model");
            metrics = scala.collection.immutable.Map.from(
                    CollectionConverters.asScala(java.util.Map.of(MODEL_ROWS, rows)));
        }
        return metrics;
    }

    @Override
    public Seq<Attribute> output() {
        return Seqs.joined(child.output(), results);
    }

    @Override
    public AttributeSet producedAttributes() {
        return AttributeSet.apply(Seqs.<Expression>of(Seqs.list(results)));
    }

    @Override
    public Partitioning outputPartitioning() {
        return child.outputPartitioning();
    }

    @Override
    public Seq<SortOrder> outputOrdering() {
        return child.outputOrdering();
    }

    @Override
    public Seq<SparkPlan> children() {
        return Seqs.of(child);
    }

    @Override
    public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
        return new SinkCallsExec(calls, results, children.apply(0));
    }

    @Override
    public int productArity() {
        return 3;
    }

    @Override
    public Object productElement(int index) {
        return switch (index) {
            case 0 -> calls;
            case 1 -> results;
            case 2 -> child;
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof SinkCallsExec;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SinkCallsExec same
                && calls.equals(same.calls)
                && results.equals(same.results)
                && child.equals(same.child);
    }

    @Override
    public int hashCode() {
        return Objects.hash(calls, results, child);
    }
}
