package io.sinkstream.batch;

import io.sinkstream.calibration.CalibrationTerms;
import io.sinkstream.calibration.Judge;
import io.sinkstream.calibration.StreamEvidence;
import io.sinkstream.calibration.Verdict;
import io.sinkstream.rows.RowOptions;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowTask;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Row;

/**
 * What is done with keyed rows.
 *
 * @param model the model that does it
 * @param columns the columns that make streams of rows
 * @param rows how rows are read
 * @param task whether they are scored or continued
 * @param judge who says how odd a row is; null if nobody does
 * @param prefix what the added columns' names start with
 * @param partitions over how many tasks the streams are spread; 0 to choose by the cluster's size
 */
public record KeyedOptions(
        ModelSource model,
        StreamColumns columns,
        RowOptions rows,
        RowTask task,
        Judge judge,
        String prefix,
        int partitions)
        implements Serializable {

    /** The settings that say what is read of a row, but for its key and order, and what becomes of it. */
    public static final List<Setting<?>> OF_ROWS = List.of(
            Settings.TEXT,
            Settings.TOKENS,
            Settings.LATE,
            Settings.MAX_ROW_BYTES,
            Settings.PREFIX,
            Settings.PARTITIONS);

    /** The settings that continuations have beside all others, in the order of the help. */
    public static final List<Setting<?>> OF_CONTINUATIONS = RowTask.Continue.settings();

    /** The options that these settings say, for scoring. Throws UserException if they contradict each other. */
    public static KeyedOptions scoring(SettingValues values) {
        ModelSource model = ModelSource.from(values);
        RowOptions rows = RowOptions.scored(values);
        RowTask.Score task = RowTask.Score.from(values);
        Judge judge = Judge.from(
                        values,
                        task.details(),
                        SparkHadoopUtil.get().newConfiguration(new SparkConf()),
                        () -> terms(
                                model,
                                rows,
                                values.require(OddSettings.ODD_BY),
                                values.find(OddSettings.KIND).orElse(null)))
                .orElse(null);
        return from(model, values, rows, task, judge);
    }

    /** The same, for continuations. */
    public static KeyedOptions continuing(SettingValues values) {
        for (Setting<?> ofScoring : Settings.OF_TOKENS) {
            if (!values.require(ofScoring)
                    .toString()
                    .equals(ofScoring.fallback().orElseThrow())) {
                throw new UserException(ofScoring + " is for scoring, not for continuations");
            }
        }
        ModelSource model = ModelSource.from(values);
        GenerationConfig checkpoint = GenerationConfig.of(model.options().model());
        return from(
                model,
                values,
                RowOptions.continued(values, model.options().model()),
                RowTask.Continue.from(values, checkpoint),
                null);
    }

    /** How odd a row is; null if nobody says so. */
    public Verdict verdict(Row row, RowOutcome outcome) {
        return judge == null ? null : judge.verdict(row, outcome);
    }

    /** How odd a stream is as a whole; null if nobody says so. */
    Double pValue(StreamEvidence stream, double perplexity) {
        return judge == null ? null : judge.pValue(stream, perplexity);
    }

    /** A verdict in the columns that there are for it. */
    Object[] values(Verdict verdict) {
        return judge == null ? new Object[0] : judge.values(verdict);
    }

    /** Whether rows are judged by a calibration, so that they have p-values. */
    public boolean isJudged() {
        return judge != null && judge.calibration() != null;
    }

    /** What of the judge can't be done, as it is told to users; empty if there is nothing. */
    public Optional<String> warning() {
        return Optional.ofNullable(judge).flatMap(Judge::warning);
    }

    /** What rows have to have in common with these to be compared with them. */
    public CalibrationTerms calibrationTerms() {
        return terms(model, rows, judge.by(), judge.kind());
    }

    private static CalibrationTerms terms(ModelSource model, RowOptions rows, OddBy by, String kind) {
        return new CalibrationTerms(
                model.fingerprint(),
                model.options().sinks(),
                model.options().window(),
                rows.content() == RowOptions.Content.TEXT ? rows.separator() : null,
                by,
                kind);
    }

    /** What was given for continuations and does nothing, as it is told to users. */
    public static List<String> warnings(ModelSource model, SettingValues values) {
        return GenerationConfig.of(model.options().model()).warnings(values);
    }

    private static KeyedOptions from(
            ModelSource model, SettingValues values, RowOptions rows, RowTask task, Judge judge) {
        return new KeyedOptions(
                model,
                StreamColumns.from(values),
                rows,
                task,
                judge,
                values.require(Settings.PREFIX),
                values.require(Settings.PARTITIONS));
    }

    /** The same with other columns of the same content. */
    public KeyedOptions withColumns(StreamColumns others) {
        return new KeyedOptions(model, others, rows, task, judge, prefix, partitions);
    }

    /** The same, judged by another. */
    public KeyedOptions withJudge(Judge other) {
        return new KeyedOptions(model, columns, rows, task, other, prefix, partitions);
    }

    /** The same over so many tasks. */
    public KeyedOptions withPartitions(int count) {
        return new KeyedOptions(model, columns, rows, task, judge, prefix, count);
    }

    /** The same as executors find the model. */
    public KeyedOptions onExecutors() {
        return new KeyedOptions(model.onExecutors(), columns, rows, task, judge, prefix, partitions);
    }

    /**
     * Checks the model by its headers, on the driver.
     *
     * @throws UserException if it can't be run, or rows are texts and it has no tokenizer
     */
    public ModelDescription describe() {
        ModelDescription description = model.describe();
        if (columns.tokens() == null && !description.tokenizer()) {
            throw new UserException(Settings.MODEL + ": " + model.name()
                    + " has no tokenizer.json, so that no text can be read; add it, or give token ids by "
                    + Settings.TOKENS);
        }
        task.check(model.name(), description);
        return description;
    }
}
