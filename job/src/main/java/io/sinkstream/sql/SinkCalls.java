package io.sinkstream.sql;

import java.io.Serializable;
import java.util.Objects;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.Option;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * All calls of one model in a part of a query: the child's rows, with a column for each call. Public, with a constructor of all its
 * parts, since Spark copies plans by reflection.
 */
public final class SinkCalls extends LogicalPlan implements Serializable {
    private static final long serialVersionUID = 1;

    private final Seq<Expression> calls;
    private final Seq<Attribute> results;
    private final LogicalPlan child;

    /**
     * Calls over these rows.
     *
     * @param calls each a {@link SinkCall} whose text needs no other call
     * @param results a column for each
     */
    public SinkCalls(Seq<Expression> calls, Seq<Attribute> results, LogicalPlan child) {
        this.calls = calls;
        this.results = results;
        this.child = child;
    }

    Seq<Expression> calls() {
        return calls;
    }

    Seq<Attribute> results() {
        return results;
    }

    LogicalPlan child() {
        return child;
    }

    SinkCalls over(LogicalPlan other) {
        return new SinkCalls(calls, results, other);
    }

    SinkCalls with(Expression call, Attribute result) {
        return new SinkCalls(Seqs.joined(calls, Seqs.of(call)), Seqs.joined(results, Seqs.of(result)), child);
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
    public Option<Object> maxRows() {
        return child.maxRows();
    }

    @Override
    public Seq<LogicalPlan> children() {
        return Seqs.of(child);
    }

    @Override
    public LogicalPlan withNewChildrenInternal(IndexedSeq<LogicalPlan> children) {
        return over(children.apply(0));
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
        return other instanceof SinkCalls;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SinkCalls same
                && calls.equals(same.calls)
                && results.equals(same.results)
                && child.equals(same.child);
    }

    @Override
    public int hashCode() {
        return Objects.hash(calls, results, child);
    }
}
