package io.sinkstream.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression$;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import scala.Option;

/** Operators that are cut in two where only a part of them has to do with calls. */
final class CallSplits {
    private CallSplits() {}

    /** Conditions without calls below those with: fewer rows go through the model. */
    static LogicalPlan filter(Filter filter) {
        List<Expression> conjuncts = new ArrayList<>();
        conjuncts(filter.condition(), conjuncts);
        List<Expression> before = new ArrayList<>();
        List<Expression> rest = new ArrayList<>();
        boolean isDeterministic = true;
        for (Expression conjunct : conjuncts) {
            // What stands behind a condition of chance stays there.
            isDeterministic &= conjunct.deterministic();
            (isDeterministic && Calls.of(conjunct).isEmpty() ? before : rest).add(conjunct);
        }
        if (before.isEmpty() || rest.isEmpty()) {
            return filter;
        }
        return new Filter(all(rest), new Filter(all(before), filter.child()));
    }

    private static void conjuncts(Expression condition, List<Expression> conjuncts) {
        if (condition instanceof And and) {
            conjuncts(and.left(), conjuncts);
            conjuncts(and.right(), conjuncts);
        } else {
            conjuncts.add(condition);
        }
    }

    private static Expression all(List<Expression> conjuncts) {
        return conjuncts.stream().reduce(And::new).orElseThrow();
    }

    /** Calls of what an aggregation gives, above it. */
    static LogicalPlan aggregate(Aggregate aggregate) {
        List<NamedExpression> above = new ArrayList<>();
        List<NamedExpression> inside = new ArrayList<>();
        boolean isSplit = false;
        for (NamedExpression column : Seqs.list(aggregate.aggregateExpressions())) {
            Expression expression = (Expression) column;
            if (Calls.of(expression).stream().anyMatch(call -> isOfGroup(call, aggregate))) {
                isSplit = true;
                above.add((NamedExpression) fromInside(expression, aggregate, inside));
            } else {
                inside.add(column);
                above.add((NamedExpression) column.toAttribute());
            }
        }
        return isSplit
                ? new Project(
                        Seqs.of(above),
                        new Aggregate(
                                aggregate.groupingExpressions(), Seqs.of(inside), aggregate.child(), aggregate.hint()))
                : aggregate;
    }

    private static boolean isOfGroup(SinkCall call, Aggregate aggregate) {
        return call.references().isEmpty() || hasGroup(call.text(), aggregate);
    }

    private static boolean hasGroup(Expression expression, Aggregate aggregate) {
        return belongs(expression, aggregate)
                || Seqs.list(expression.children()).stream().anyMatch(child -> hasGroup(child, aggregate));
    }

    private static boolean belongs(Expression expression, Aggregate aggregate) {
        return expression instanceof AggregateExpression
                || Seqs.list(aggregate.groupingExpressions()).stream()
                        .anyMatch(group -> group.semanticEquals(expression));
    }

    private static Expression fromInside(Expression expression, Aggregate aggregate, List<NamedExpression> inside) {
        if (!belongs(expression, aggregate)) {
            return expression.mapChildren(child -> fromInside(child, aggregate, inside));
        }
        NamedExpression column = expression instanceof NamedExpression named
                ? named
                : new Alias(
                        expression,
                        "group",
                        NamedExpression$.MODULE$.newExprId(),
                        Seqs.<String>of(),
                        Option.empty(),
                        Seqs.<String>of());
        Optional<NamedExpression> same = inside.stream()
                .filter(each -> ((Expression) each).semanticEquals((Expression) column))
                .findFirst();
        if (same.isEmpty()) {
            inside.add(column);
        }
        Attribute attribute = same.orElse(column).toAttribute();
        return (Expression) attribute;
    }
}
