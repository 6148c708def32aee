package io.sinkstream.sql;

import io.sinkstream.testing.TestSession;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanExec;
import org.apache.spark.sql.execution.adaptive.QueryStageExec;
import scala.jdk.javaapi.CollectionConverters;

/** A session with the extension, on the context that all tests share. */
final class SqlSession {
    private static SparkSession session;

    private SqlSession() {}

    static synchronized SparkSession get() {
        if (session == null) {
            SparkSession shared = TestSession.get();
            try {
                session = SparkSession.builder()
                        .withExtensions(new SinkstreamExtensions())
                        .config("spark.sql.shuffle.partitions", "2")
                        .create();
            } finally {
                SparkSession.setDefaultSession(shared);
                SparkSession.setActiveSession(shared);
            }
        }
        return session;
    }

    /** The batch operators of a query that has run, or that is planned. */
    static List<SinkCallsExec> operators(Dataset<Row> query) {
        List<SinkCallsExec> found = new ArrayList<>();
        visit(
                ((org.apache.spark.sql.classic.Dataset<Row>) query)
                        .queryExecution()
                        .executedPlan(),
                plan -> {
                    if (plan instanceof SinkCallsExec calls) {
                        found.add(calls);
                    }
                });
        return found;
    }

    /** How many rows a query has put through the model. */
    static long modelRows(Dataset<Row> query) {
        return operators(query).stream()
                .mapToLong(
                        calls -> calls.metrics().apply(SinkCallsExec.MODEL_ROWS).value())
                .sum();
    }

    private static void visit(SparkPlan plan, Consumer<SparkPlan> visitor) {
        visitor.accept(plan);
        if (plan instanceof AdaptiveSparkPlanExec adaptive) {
            visit(adaptive.executedPlan(), visitor);
        } else if (plan instanceof QueryStageExec stage) {
            visit(stage.plan(), visitor);
        }
        CollectionConverters.asJava(plan.children()).forEach(child -> visit(child, visitor));
    }
}
