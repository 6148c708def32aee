package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedRows;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Ascending$;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.FunctionTableSubqueryArgumentExpression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.internal.SQLConf;
import scala.Option;
import scala.collection.immutable.Seq;

/** Plans a function of a table: what {@link KeyedRows} does with the table's rows. */
final class KeyedTables {
    private final TableFunction function;
    private final CallArguments arguments;
    private final FunctionTableSubqueryArgumentExpression table;

    private KeyedTables(TableFunction function, Seq<Expression> given) {
        this.function = function;
        arguments = new CallArguments(function.sqlName(), List.of("table"), function.settings(), given);
        arguments.requireAtMost(1);
        if (!(arguments.take(0, "table") instanceof FunctionTableSubqueryArgumentExpression argument)) {
            throw arguments.refusal("the first argument is a table: TABLE(logs) PARTITION BY host ORDER BY time, say");
        }
        table = argument;
    }

    /** The plan of a call. Spark's AnalysisException says what is wrong with it. */
    static LogicalPlan plan(TableFunction function, Seq<Expression> given) {
        return new KeyedTables(function, given).plan();
    }

    private LogicalPlan plan() {
        if (table.outerAttrs().nonEmpty()) {
            throw arguments.refusal("the table has columns of the query around it; join them to it first");
        }
        if (table.plan().isStreaming()) {
            throw arguments.refusal("the table is a streaming one, and in Spark a function of a table has no state;"
                    + " StreamScorer and StreamGenerator take it");
        }
        String key = key();
        String order = order();
        CallTerms terms = arguments.terms(Map.of(), function.options(), "");
        KeyedOptions options = terms.options();
        StreamColumns columns = new StreamColumns(
                key, order, options.columns().text(), options.columns().tokens());
        try {
            return over(table.plan(), options.withColumns(columns));
        } catch (UserException e) {
            throw Refusal.of(function.sqlName(), e.getMessage(), e);
        }
    }

    /**
     * The pipeline over the plan. It is built over an empty table with the same columns, in whose place the plan is put: a plan that is
     * part of a query can't always be analysed on its own, a common table expression can't.
     */
    private static LogicalPlan over(LogicalPlan plan, KeyedOptions options) {
        Dataset<Row> empty = SparkSession.active().createDataFrame(List.<Row>of(), plan.schema());
        Seq<Attribute> places = analyzed(empty).output();
        List<NamedExpression> columns = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            Attribute place = places.apply(i);
            columns.add(new Alias(
                    plan.output().apply(i),
                    place.name(),
                    place.exprId(),
                    Seqs.<String>of(),
                    Option.apply(place.metadata()),
                    Seqs.<String>of()));
        }
        LogicalPlan rows = new Project(Seqs.of(columns), plan);
        return replaced(analyzed(KeyedRows.apply(empty, options)), places, rows);
    }

    private static LogicalPlan analyzed(Dataset<Row> rows) {
        return ((org.apache.spark.sql.classic.Dataset<Row>) rows)
                .queryExecution()
                .analyzed();
    }

    private static LogicalPlan replaced(LogicalPlan pipeline, Seq<Attribute> places, LogicalPlan rows) {
        return pipeline instanceof LocalRelation && pipeline.output().equals(places)
                ? rows
                : pipeline.mapChildren(child -> replaced(child, places, rows));
    }

    private String key() {
        List<Expression> keys = Seqs.list(table.partitionByExpressions());
        if (table.withSinglePartition() || keys.isEmpty()) {
            throw arguments.refusal("PARTITION BY is missing: it names the column that says which stream a row"
                    + " belongs to; for one stream of all rows give the table such a column");
        }
        if (keys.size() > 1) {
            throw arguments.refusal("PARTITION BY has " + keys.size()
                    + " columns, and there can be 1; make one of them in the table, with concat_ws");
        }
        return column(keys.get(0), "PARTITION BY");
    }

    private String order() {
        List<SortOrder> orders = Seqs.list(table.orderByExpressions());
        if (orders.isEmpty()) {
            throw arguments.refusal("ORDER BY is missing: it names the columns that order a stream's rows");
        }
        return orders.stream()
                .map(order -> {
                    if (!order.direction().equals(Ascending$.MODULE$)) {
                        throw arguments.refusal("ORDER BY " + order.child().sql()
                                + " is descending; a stream's rows come in ascending order");
                    }
                    return column(order.child(), "ORDER BY");
                })
                .collect(Collectors.joining(","));
    }

    /** The name of a column of the table. */
    private String column(Expression expression, String clause) {
        Expression found = expression;
        if (expression instanceof UnresolvedAttribute name) {
            Option<NamedExpression> resolved =
                    table.plan().resolve(name.nameParts(), SQLConf.get().resolver());
            if (resolved.isEmpty()) {
                throw arguments.refusal(clause + ": there is no column " + name.sql() + "; the table has the columns "
                        + String.join(", ", table.plan().schema().fieldNames()));
            }
            found = (Expression) resolved.get();
        }
        if (found instanceof Attribute attribute) {
            return attribute.name();
        }
        throw arguments.refusal(clause + " " + expression.sql()
                + " is no column of the table; make one of it there, as in TABLE(SELECT *, " + expression.sql()
                + " AS c FROM ...)");
    }
}
