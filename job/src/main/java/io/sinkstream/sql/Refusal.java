package io.sinkstream.sql;

import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import scala.Option;

/** What is wrong with a query, as Spark says it: to it Spark adds the place in the query's text. */
final class Refusal {
    private Refusal() {}

    /** Never returns; to be thrown, for the compiler's sake. Spark's exception is a checked one that it nowhere declares. */
    static RuntimeException of(String function, String message, Throwable cause) {
        Refusal.<RuntimeException>raise(new AnalysisException(
                function + ": " + message,
                Option.empty(),
                Option.empty(),
                Option.apply(cause),
                Option.empty(),
                scala.collection.immutable.Map$.MODULE$.empty(),
                new QueryContext[0]));
        throw new IllegalStateException(message);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable checked) throws E {
        throw (E) checked;
    }
}
