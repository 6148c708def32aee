package io.sinkstream.train;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Models that are trained alike but for one thing, and what they are compared by on another text. What is measured is measured on
 * the driver, in fp32.
 *
 * @param <R> what is found
 */
public sealed interface Comparison<R extends Comparison.Report> permits SinkExperiment, EncoderExperiment {
    /** Runs the trainings and hears how the comparison goes on. */
    interface Stages {
        /**
         * Trains one variant.
         *
         * @param name of the variant, as it is told
         */
        void train(String name, Pretraining variant);

        /** A line of what is done. */
        void tell(String line);
    }

    /** What was found. */
    interface Report {
        /** Rows of either text that could not be used, as far as they were read in this run. */
        long skipped();
    }

    /** What the variants have in common. */
    Pretraining training();

    /** Throws UserException if the output can't take this comparison: another one is there, or something else. Needs no session. */
    void check();

    /**
     * Trains what is not trained yet, measures all, and writes what is found as CSV and as a picture beside the variants.
     *
     * @param rows the text; not read again by variants that go on
     * @param heldOut another one, of the same columns
     * @throws io.sinkstream.settings.UserException for what can be mended
     */
    R run(Dataset<Row> rows, Dataset<Row> heldOut, Stages stages);
}
