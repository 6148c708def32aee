package io.sinkstream.sql;

import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import scala.Option;
import scala.collection.immutable.Map;

/** What is wrong with a query, as Spark says it: to it Spark adds the place in the query's text. */
final class Refusal {
    /** Spark's condition whose text is its parameter: PySpark and Spark Connect make messages of conditions anew. */
    private static final String CONDITION = "USER_RAISED_EXCEPTION";

    private Refusal() {}

    /** Never returns; to be thrown, for the compiler's sake. Spark's exception is a checked one that it nowhere declares. */
    static RuntimeException of(String function, String message, Throwable cause) {
        String text = function + ": " + message;
        Refusal.<RuntimeException>raise(new AnalysisException(
                text,
                Option.empty(),
                Option.empty(),
                Option.apply(cause),
                Option.apply(CONDITION),
                new Map.Map1<>("errorMessage", text),
                new QueryContext[0]));
        throw new IllegalStateException(message);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable checked) throws E {
        throw (E) checked;
    }
}
