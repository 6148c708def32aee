package io.sinkstream.sql;

import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;

/** Limits over calls, which give a row for a row: the same limit holds below them. */
final class CallLimits {
    private CallLimits() {}

    static LogicalPlan pushed(LogicalPlan plan) {
        LogicalPlan done = plan.mapChildren(CallLimits::pushed);
        return done instanceof LocalLimit limit
                ? new LocalLimit(limit.limitExpr(), below(limit.child(), limit.limitExpr()))
                : done;
    }

    private static LogicalPlan below(LogicalPlan plan, Expression limit) {
        if (plan instanceof Project project) {
            return new Project(project.projectList(), below(project.child(), limit));
        }
        if (!(plan instanceof SinkCalls calls)) {
            return plan;
        }
        LogicalPlan child = calls.child();
        if (child instanceof SinkCalls) {
            return calls.over(below(child, limit));
        }
        boolean isLimited = child instanceof LocalLimit same && same.limitExpr().equals(limit);
        return isLimited ? calls : calls.over(new LocalLimit(limit, child));
    }
}
