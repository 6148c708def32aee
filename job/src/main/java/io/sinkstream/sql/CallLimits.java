package io.sinkstream.sql;

import java.util.List;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.expressions.Expression;
import scala.jdk.javaapi.CollectionConverters;

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
            LogicalPlan child = below(project.child(), limit);
            return child == project.child() ? project : new Project(project.projectList(), child);
        }
        if (!(plan instanceof SinkCalls calls)) {
            return plan;
        }
        LogicalPlan child = below(calls.child(), limit);
        return calls.over(hasNoMore(child, limit) ? child : new LocalLimit(limit, child));
    }

    private static boolean hasNoMore(LogicalPlan plan, Expression limit) {
        return plan instanceof LocalLimit same && same.limitExpr().equals(limit)
                || plan instanceof SinkCalls calls && hasNoMore(calls.child(), limit);
    }
}
