package io.sinkstream.benchmark;

import io.sinkstream.batch.ExecutorModel;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.decoder.AttentionSums;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;

/** Where a model's attention goes in excerpts of texts, each seen as a whole; by tasks, on executors. */
public final class AttentionStudy {
    /** Of one task. */
    private static final int EXCERPTS = 32;

    private AttentionStudy() {}

    /** What one task looks at. */
    private record Part(ModelSource model, List<int[]> excerpts) implements Serializable {
        /** The task. */
        static final Function<Part, AttentionSums> TASK =
                part -> ExecutorModel.of(part.model()).attention(part.excerpts());
    }

    /** The model as it has to be for excerpts of so many tokens: it sees all of them. */
    public static ModelSource model(ModelSource given, int tokens) {
        return new ModelSource(given.name(), given.options().withAttention(0, tokens));
    }

    /**
     * Looks at them.
     *
     * @param model from {@link #model}
     * @param excerpts token ids, all as long
     */
    public static AttentionSums run(SparkContext spark, ModelSource model, List<int[]> excerpts) {
        List<Part> parts = new ArrayList<>();
        for (int from = 0; from < excerpts.size(); from += EXCERPTS) {
            // A copy: a part of a list is not serializable.
            parts.add(new Part(
                    model.onExecutors(),
                    new ArrayList<>(excerpts.subList(from, Math.min(excerpts.size(), from + EXCERPTS)))));
        }
        spark.setJobDescription("attention over " + excerpts.size() + " excerpts");
        return JavaSparkContext.fromSparkContext(spark)
                .parallelize(parts, parts.size())
                .map(Part.TASK)
                .reduce(AttentionSums::plus);
    }
}
