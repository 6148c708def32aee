package io.sinkstream.sql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.optimizer.ColumnPruning$;
import org.apache.spark.sql.catalyst.optimizer.RemoveNoopOperators$;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Subquery;
import org.apache.spark.sql.catalyst.rules.Rule;

/**
 * Plans calls as Spark plans Python's functions: all those of one model that an operator has become columns of one operator below it,
 * {@link SinkCalls}, and a call that is there twice is made once. Conditions without calls come before, so that no row is read in
 * vain.
 */
final class CallExtraction extends Rule<LogicalPlan> {
    /** Whether the plan has calls that are not planned yet. */
    static boolean isNeeded(LogicalPlan plan) {
        return (!(plan instanceof SinkCalls) && !Calls.of(plan.expressions()).isEmpty())
                || Seqs.list(plan.children()).stream().anyMatch(CallExtraction::isNeeded);
    }

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        // A correlated subquery becomes a join, and comes by once more.
        if ((plan instanceof Subquery subquery && subquery.correlated()) || !isNeeded(plan)) {
            return plan;
        }
        LogicalPlan extracted = extracted(plan);
        LogicalPlan pruned = RemoveNoopOperators$.MODULE$.apply(ColumnPruning$.MODULE$.apply(extracted));
        return CallLimits.pushed(pruned);
    }

    private LogicalPlan extracted(LogicalPlan plan) {
        LogicalPlan above = plan.mapChildren(this::extracted);
        if (above instanceof Aggregate aggregate) {
            LogicalPlan split = CallSplits.aggregate(aggregate);
            return extract(split instanceof Aggregate ? split : split.mapChildren(this::extract));
        }
        return extract(above instanceof Filter filter ? CallSplits.filter(filter) : above);
    }

    /** Has an operator's calls made below it. */
    private LogicalPlan extract(LogicalPlan plan) {
        List<SinkCall> calls = plan instanceof SinkCalls ? List.of() : Calls.of(plan.expressions());
        if (calls.isEmpty()) {
            return plan;
        }
        Map<Expression, Attribute> columns = new HashMap<>();
        List<LogicalPlan> children = new ArrayList<>();
        for (LogicalPlan child : Seqs.list(plan.children())) {
            children.add(withColumns(child, calls, columns));
        }
        for (SinkCall call : calls) {
            if (!columns.containsKey(call.canonicalized())) {
                throw Refusal.of(
                        call.prettyName(),
                        call.sql() + " reads columns of both sides of a " + plan.nodeName()
                                + "; call it above in a SELECT of its own",
                        null);
            }
        }
        LogicalPlan over = plan.withNewChildren(Seqs.of(children));
        LogicalPlan rewritten = over.mapExpressions(expression -> replaced(expression, columns));
        // A call in a call is made next.
        LogicalPlan done = extract(rewritten);
        return done.output().equals(plan.output()) ? done : new Project(Seqs.of(Seqs.list(plan.output())), done);
    }

    /** The child with a column for each call that needs no other columns than its own. */
    private static LogicalPlan withColumns(
            LogicalPlan child, List<SinkCall> calls, Map<Expression, Attribute> columns) {
        LogicalPlan result = child;
        Map<Object, List<SinkCall>> byModel = new LinkedHashMap<>();
        for (SinkCall call : calls) {
            if (columns.containsKey(call.canonicalized()) || !call.references().subsetOf(child.outputSet())) {
                continue;
            }
            Optional<Calls.Made> made = Calls.made(result, call);
            if (made.isPresent()) {
                result = made.get().plan();
                columns.put(call.canonicalized(), made.get().column());
            } else {
                byModel.computeIfAbsent(call.terms().options().model(), unused -> new ArrayList<>())
                        .add(call);
            }
        }
        for (List<SinkCall> same : byModel.values()) {
            Map<Expression, SinkCall> distinct = new LinkedHashMap<>();
            same.forEach(call -> distinct.putIfAbsent(call.canonicalized(), call));
            List<Expression> made = new ArrayList<>();
            List<Attribute> results = new ArrayList<>();
            distinct.forEach((canonical, call) -> {
                Attribute column = call.column();
                made.add(call);
                results.add(column);
                columns.put(canonical, column);
            });
            result = new SinkCalls(Seqs.of(made), Seqs.of(results), result);
        }
        return result;
    }

    private static Expression replaced(Expression expression, Map<Expression, Attribute> columns) {
        if (expression instanceof SinkCall) {
            Attribute column = columns.get(expression.canonicalized());
            if (column != null) {
                return column;
            }
        }
        return expression.mapChildren(child -> replaced(child, columns));
    }
}
