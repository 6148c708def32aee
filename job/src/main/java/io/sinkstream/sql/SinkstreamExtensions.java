package io.sinkstream.sql;

import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.Function1;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Gives a session the functions {@code sink_nll}, {@code sink_perplexity}, {@code sink_token_nll}, {@code sink_tokens} and {@code
 * sink_continue} of a text, and {@code sink_score} and {@code sink_generate} of a table, by {@code spark.sql.extensions=io.sinkstream.sql.SinkstreamExtensions}. {@code DESCRIBE FUNCTION EXTENDED}
 * tells of each.
 */
public final class SinkstreamExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
    /** As Spark makes it. */
    public SinkstreamExtensions() {}

    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        for (SinkFunction function : SinkFunction.values()) {
            Function1<Seq<Expression>, Expression> builder = arguments -> SinkCall.of(function, arguments);
            extensions.injectFunction(
                    new Tuple3<>(FunctionIdentifier.apply(function.sqlName()), function.info(), builder));
        }
        for (TableFunction function : TableFunction.values()) {
            Function1<Seq<Expression>, LogicalPlan> builder = arguments -> KeyedTables.plan(function, arguments);
            extensions.injectTableFunction(
                    new Tuple3<>(FunctionIdentifier.apply(function.sqlName()), function.info(), builder));
        }
        extensions.injectCheckRule(session -> plan -> {
            CallPlaces.check(plan);
            return BoxedUnit.UNIT;
        });
        extensions.injectPreCBORule(session -> new CallExtraction());
        extensions.injectPlannerStrategy(session -> new CallStrategy());
        return BoxedUnit.UNIT;
    }
}
