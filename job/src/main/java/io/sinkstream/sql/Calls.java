package io.sinkstream.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.RepartitionOperation;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import scala.collection.immutable.Seq;

/** Where calls are in a plan. */
final class Calls {
    private Calls() {}

    /** The calls in these expressions that need no other call. */
    static List<SinkCall> of(Seq<Expression> expressions) {
        List<SinkCall> calls = new ArrayList<>();
        Seqs.list(expressions).forEach(expression -> collect(expression, calls));
        return calls;
    }

    /** The same of one expression. */
    static List<SinkCall> of(Expression expression) {
        List<SinkCall> calls = new ArrayList<>();
        collect(expression, calls);
        return calls;
    }

    private static void collect(Expression expression, List<SinkCall> calls) {
        int before = calls.size();
        Seqs.list(expression.children()).forEach(child -> collect(child, calls));
        if (expression instanceof SinkCall call && calls.size() == before) {
            calls.add(call);
        }
    }

    /**
     * A plan that has the column of a call.
     *
     * @param column of the call's values
     */
    record Made(LogicalPlan plan, Attribute column) {}

    /**
     * The plan with the column of a call that is made somewhere in it already, if it is: a condition has it, and now a column. Another
     * number of the same run costs no other.
     */
    static Optional<Made> made(LogicalPlan plan, SinkCall call) {
        if (plan instanceof SinkCalls calls) {
            for (int i = 0; i < calls.calls().size(); i++) {
                SinkCall there = (SinkCall) calls.calls().apply(i);
                if (there.canonicalized().equals(call.canonicalized())) {
                    return Optional.of(new Made(calls, calls.results().apply(i)));
                }
                if (there.isSameRun(call)) {
                    Attribute column = call.column();
                    return Optional.of(new Made(calls.with(call, column), column));
                }
            }
        }
        if (keepsColumns(plan)) {
            return made(only(plan), call).map(made -> new Made(over(plan, made.plan()), made.column()));
        }
        if (plan instanceof Project project
                && call.references().subsetOf(project.child().outputSet())) {
            return made(project.child(), call)
                    .map(made -> new Made(new Project(with(project, made.column()), made.plan()), made.column()));
        }
        return Optional.empty();
    }

    private static boolean keepsColumns(LogicalPlan plan) {
        return plan instanceof SinkCalls
                || plan instanceof Filter
                || plan instanceof Sort
                || plan instanceof RepartitionOperation
                || plan instanceof GlobalLimit
                || plan instanceof LocalLimit;
    }

    private static Seq<NamedExpression> with(Project project, Attribute column) {
        return project.outputSet().contains(column)
                ? project.projectList()
                : Seqs.joined(project.projectList(), Seqs.of(column));
    }

    private static LogicalPlan only(LogicalPlan plan) {
        return plan.children().apply(0);
    }

    private static LogicalPlan over(LogicalPlan plan, LogicalPlan child) {
        return plan.withNewChildren(Seqs.of(child));
    }
}
