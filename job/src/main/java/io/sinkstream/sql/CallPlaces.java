package io.sinkstream.sql;

import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.LambdaFunction;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/** Where calls can't be: their rows are never read one by one. */
final class CallPlaces {
    private CallPlaces() {}

    /** Throws Spark's AnalysisException for a call that can't be planned. */
    static void check(LogicalPlan plan) {
        Seqs.list(plan.expressions()).forEach(CallPlaces::check);
        Seqs.list(plan.children()).forEach(CallPlaces::check);
    }

    private static void check(Expression expression) {
        if (expression instanceof LambdaFunction && !Calls.of(expression).isEmpty()) {
            SinkCall call = Calls.of(expression).get(0);
            throw Refusal.of(
                    call.prettyName(),
                    "it can't be called in a lambda function; explode the array, and call it on the rows",
                    null);
        }
        Seqs.list(expression.children()).forEach(CallPlaces::check);
    }
}
