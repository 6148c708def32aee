package io.sinkstream.job;

import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.sources.RelationProvider;
import org.apache.spark.sql.sources.TableScan;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.Map;

/** A source of Spark that reads no files: one column of texts. */
public final class NumberSource implements RelationProvider {
    @Override
    public BaseRelation createRelation(SQLContext context, Map<String, String> parameters) {
        return new Numbers(context);
    }

    private static final class Numbers extends BaseRelation implements TableScan {
        private final SQLContext context;

        Numbers(SQLContext context) {
            this.context = context;
        }

        @Override
        public SQLContext sqlContext() {
            return context;
        }

        @Override
        public StructType schema() {
            return new StructType(new StructField[] {DataTypes.createStructField("text", DataTypes.StringType, true)});
        }

        @Override
        public RDD<Row> buildScan() {
            return context.range(3).selectExpr("CAST(id AS STRING) AS text").rdd();
        }
    }
}
