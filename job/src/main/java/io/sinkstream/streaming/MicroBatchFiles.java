package io.sinkstream.streaming;

import io.sinkstream.batch.CsvHeaders;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.ExperimentalMethods;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.InMemoryFileIndex;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.internal.SQLConf;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Looks at the files of each micro-batch before they are read. One that was planned and is gone would be done with no rows,
 * without a word, and not be read when it is back.
 *
 * <p>Spark has no place for such a look but where it plans a micro-batch, so this is a rule of its optimizer that changes
 * nothing.
 */
final class MicroBatchFiles extends Rule<LogicalPlan> {
    private static final String MAY_MISS = "spark.sql.files.ignoreMissingFiles";

    private final SparkSession spark;

    private MicroBatchFiles(SparkSession spark) {
        this.spark = spark;
    }

    /** Has the files of all queries of this session looked at. */
    static void watch(SparkSession spark) {
        addRule(spark, new MicroBatchFiles(spark));
    }

    /** Has Spark's optimizer apply one more rule to all queries of this session. */
    static void addRule(SparkSession spark, Rule<LogicalPlan> rule) {
        ExperimentalMethods methods = ((org.apache.spark.sql.classic.SparkSession) spark).experimental();
        List<Rule<LogicalPlan>> rules = new ArrayList<>(CollectionConverters.asJava(methods.extraOptimizations()));
        rules.add(rule);
        methods.extraOptimizations_$eq(CollectionConverters.asScala(rules).toSeq());
    }

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        for (LogicalPlan leaf : CollectionConverters.asJava(plan.collectLeaves())) {
            if (leaf instanceof LogicalRelation relation
                    && relation.isStreaming()
                    && relation.relation() instanceof HadoopFsRelation files) {
                if (files.location() instanceof InMemoryFileIndex index
                        && !SQLConf.get().ignoreMissingFiles()) {
                    requireAll(index);
                }
                CsvHeaders.check(files, spark);
            }
        }
        return plan;
    }

    private static void requireAll(InMemoryFileIndex index) {
        Set<Path> found = new HashSet<>();
        for (FileStatus file : CollectionConverters.asJava(index.allFiles())) {
            found.add(file.getPath());
        }
        for (Path planned : CollectionConverters.asJava(index.rootPaths())) {
            if (!found.contains(planned)) {
                throw new UserException(
                        Settings.INPUT + ": the file " + planned + " is gone, which this micro-batch was"
                                + " planned with; put it back, or do without such files by " + MAY_MISS + "=true");
            }
        }
    }
}
