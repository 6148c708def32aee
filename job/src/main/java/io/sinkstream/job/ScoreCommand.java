package io.sinkstream.job;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedScoring;
import io.sinkstream.batch.ScoringTotals;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.console.ScoreProgress;
import io.sinkstream.console.ScoreReport;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.EndState;
import io.sinkstream.state.SavedStates;
import io.sinkstream.tables.OutputFolder;
import io.sinkstream.tables.SparkMessages;
import io.sinkstream.tables.TableInput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkClassNotFoundException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.storage.StorageLevel;

/** {@code score}: perplexity per row and stream. */
final class ScoreCommand extends SettingsCommand {
    @Override
    List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(List.of(
                Settings.INPUT,
                Settings.FORMAT,
                Settings.SCHEMA,
                Settings.OPTION,
                Settings.KEY,
                Settings.ORDER,
                Settings.TEXT,
                Settings.TOKENS,
                Settings.SEPARATOR,
                Settings.LATE,
                Settings.MAX_ROW_BYTES,
                Settings.PREFIX,
                Settings.TOKEN_NLL,
                Settings.PARTITIONS,
                Settings.OUTPUT,
                Settings.OUTPUT_FORMAT,
                Settings.OUTPUT_OPTION,
                StreamSettings.SAVE_STATE,
                Settings.OVERWRITE));
        return all;
    }

    @Override
    List<String> description() {
        return List.of(
                "Scores keyed text streams: how well the model predicts each row from the stream before it.",
                "",
                "Adds to the input's columns: tokens, nll (nats), perplexity, bits_per_byte, stream_tokens,"
                        + " stream_perplexity, error.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  Meetings, a JSON object a line:",
                "    score --model llama --input meetings.jsonl --key meeting --order seq --output scored",
                "  Log files, each a stream and each line a row:",
                "    score --model llama --input '/var/log/app/*.log' --format text",
                "  Token ids instead of a text, and every token's number:",
                "    score --model llama --input ids.parquet --key id --tokens ids --prefix s_ --token-nll");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        KeyedOptions given = KeyedOptions.scoring(values);
        Optional<String> output = values.find(Settings.OUTPUT);
        TableInput input = TableInput.from(values);
        StreamColumns columns = TableInput.columns(input.format(), given.columns());
        KeyedOptions options = given.withColumns(columns);
        options.describe();
        if (values.find(StreamSettings.SAVE_STATE).isPresent() && (columns.key() == null || columns.order() == null)) {
            throw new UserException(StreamSettings.SAVE_STATE + " needs " + Settings.KEY + " and " + Settings.ORDER
                    + ", by which an endless stream goes on");
        }
        SaveMode mode = values.require(Settings.OVERWRITE) ? SaveMode.Overwrite : SaveMode.ErrorIfExists;
        try (Session session = Session.open("sinkstream score")) {
            output.ifPresent(path -> OutputFolder.check(session.spark(), path, mode, input.paths()));
            Dataset<Row> rows = input.read(session.spark());
            ScoringTotals totals = new ScoringTotals();
            // Without a name: Spark shows those that have one in its UI, and writes them to event logs, and rows' text
            // is in it.
            session.spark().sparkContext().register(totals);
            Optional<String> states = values.find(StreamSettings.SAVE_STATE);
            states.ifPresent(path -> OutputFolder.check(session.spark(), path, mode, input.paths()));
            Dataset<Row> scored = KeyedScoring.score(
                    rows,
                    options,
                    totals,
                    states.isPresent() ? SavedStates.endState(options.model().options()) : null);
            if (states.isPresent()) {
                // Written twice, scored once.
                scored = scored.persist(StorageLevel.DISK_ONLY());
            }
            try (ScoreProgress progress = ScoreProgress.start(session.spark(), totals, err)) {
                try {
                    write(states.isPresent() ? scored.drop(EndState.COLUMN) : scored, values, output);
                    if (states.isPresent()) {
                        SavedStates.ofRun(
                                        scored,
                                        KeyedInput.key(scored, options.columns()),
                                        options.model().options())
                                .write()
                                .mode(SaveMode.Overwrite)
                                .parquet(states.get());
                    }
                } catch (AnalysisException | SparkClassNotFoundException e) {
                    throw SparkMessages.mendable(Settings.OUTPUT_FORMAT.option(), e);
                } catch (Exception e) {
                    throw progress.failure(e);
                }
                progress.end();
            }
            ScoreReport.print(out, totals.value(), output.orElse(null));
        }
    }

    /** Spark throws these checked exceptions without declaring them. */
    private static void write(Dataset<Row> scored, SettingValues values, Optional<String> output)
            throws AnalysisException, SparkClassNotFoundException {
        if (output.isEmpty()) {
            scored.write().format("noop").mode(SaveMode.Overwrite).save();
            return;
        }
        scored.write()
                .format(values.require(Settings.OUTPUT_FORMAT))
                .options(values.find(Settings.OUTPUT_OPTION).orElse(Map.of()))
                .mode(values.require(Settings.OVERWRITE) ? SaveMode.Overwrite : SaveMode.ErrorIfExists)
                .save(output.orElseThrow());
    }
}
