package io.sinkstream.sql;

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.collection.immutable.Seq;

/** Plans {@link SinkCalls}. A query that still has calls, since it came of a correlated subquery, is rewritten first. */
final class CallStrategy extends SparkStrategy {
    private final CallExtraction extraction = new CallExtraction();

    @Override
    public Seq<SparkPlan> apply(LogicalPlan plan) {
        if (plan instanceof SinkCalls calls) {
            return only(new SinkCallsExec(calls.calls(), calls.results(), planLater(calls.child())));
        }
        return CallExtraction.isNeeded(plan) ? only(planLater(extraction.apply(plan))) : only();
    }

    private static Seq<SparkPlan> only(SparkPlan... plans) {
        return Seqs.of(plans);
    }
}
