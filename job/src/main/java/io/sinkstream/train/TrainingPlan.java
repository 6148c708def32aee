package io.sinkstream.train;

import io.sinkstream.settings.Packing;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.List;

/**
 * How a model is trained. The components are {@link TrainingSettings} of the same names.
 *
 * @param packing which streams a sample's tokens are of
 * @param batch samples of a step of each replica
 * @param microBatch samples at a time
 * @param epochs how often all samples are gone through, if {@code steps} is 0
 * @param steps all steps; 0 for as many as the epochs need
 * @param rate the learning rate at its peak
 * @param warmup steps until then
 * @param decay of matrices
 * @param clip the largest norm of all gradients together
 * @param validation the share of samples that are not trained on
 * @param saveEvery steps between states that are kept
 * @param patience states without a better one after which the training ends; 0 for any number
 * @param replicas tasks that train a copy each
 * @param averageEvery steps between averages of the copies
 * @param seed what all that is drawn begins with
 * @param dtype {@code auto}, {@code float32} or {@code bfloat16}: what products are computed in
 * @param device {@code auto}, {@code cpu} or {@code gpu}
 */
public record TrainingPlan(
        Packing packing,
        int batch,
        int microBatch,
        double epochs,
        int steps,
        double rate,
        int warmup,
        double decay,
        double clip,
        double validation,
        int saveEvery,
        int patience,
        int replicas,
        int averageEvery,
        int seed,
        String dtype,
        String device)
        implements Serializable {
    /** The learning rate at the end, as a share of its peak. */
    private static final double FLOOR = 0.1;

    /** The plan that these settings say. */
    public static TrainingPlan from(SettingValues values) {
        List<String> dtypes = values.require(Settings.DTYPE);
        if (dtypes.size() != 1 || dtypes.contains("int8")) {
            throw new UserException(Settings.DTYPE + ": training computes in auto, float32 or bfloat16, not "
                    + String.join(",", dtypes));
        }
        return new TrainingPlan(
                values.require(TrainingSettings.PACKING),
                values.require(TrainingSettings.BATCH),
                divisor(values.require(TrainingSettings.BATCH), values.require(TrainingSettings.MICRO_BATCH)),
                values.require(TrainingSettings.EPOCHS),
                values.require(TrainingSettings.STEPS),
                values.require(TrainingSettings.LEARNING_RATE),
                values.require(TrainingSettings.WARMUP),
                values.require(TrainingSettings.WEIGHT_DECAY),
                values.require(TrainingSettings.CLIP),
                values.require(TrainingSettings.VALIDATION),
                values.require(TrainingSettings.SAVE_EVERY),
                patience(values),
                values.require(TrainingSettings.REPLICAS),
                values.require(TrainingSettings.AVERAGE_EVERY),
                values.require(TrainingSettings.SEED),
                dtypes.get(0),
                values.require(Settings.DEVICE));
    }

    private static int patience(SettingValues values) {
        int patience = values.require(TrainingSettings.PATIENCE);
        if (patience > 0 && values.require(TrainingSettings.VALIDATION) == 0) {
            throw new UserException(TrainingSettings.PATIENCE + " " + patience + " does nothing with "
                    + TrainingSettings.VALIDATION + " 0: there is no loss on validation samples to be better");
        }
        return patience;
    }

    /** The same with products of another number type. */
    TrainingPlan withDtype(String other) {
        return new TrainingPlan(
                packing,
                batch,
                microBatch,
                epochs,
                steps,
                rate,
                warmup,
                decay,
                clip,
                validation,
                saveEvery,
                patience,
                replicas,
                averageEvery,
                seed,
                other,
                device);
    }

    /** When it ends before its time. */
    Patience patienceRule() {
        return new Patience(patience);
    }

    /** The largest divisor up to {@code most}, so that all micro-batches of a step are alike. */
    private static int divisor(int batch, int most) {
        int divisor = Math.min(batch, most);
        while (batch % divisor != 0) {
            divisor--;
        }
        return divisor;
    }

    /** The steps, with so many samples to train on. */
    int stepsOf(long samples) {
        return steps > 0
                ? steps
                : Math.toIntExact(Math.max(1, Math.round(epochs * samples / ((double) batch * replicas))));
    }

    Optimization optimization(int allSteps) {
        return new Optimization(allSteps, Math.min(warmup, allSteps), rate, FLOOR, decay, clip);
    }
}
