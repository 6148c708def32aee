package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.benchmark.Speed;
import io.sinkstream.benchmark.SpeedBaseline;
import io.sinkstream.benchmark.SpeedPlace;
import io.sinkstream.benchmark.SpeedRow;
import io.sinkstream.benchmark.SpeedTable;
import io.sinkstream.console.RunFailure;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.SpeedSettings;
import io.sinkstream.settings.TableFormat;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.tables.InputText;
import io.sinkstream.tables.OutputFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code speed}: tokens a second on this machine, and its share of what the machine can do. */
final class SpeedCommand extends SettingsCommand {
    /** How much of a text is scored: enough for a price of some hundredths of a percent. */
    private static final int TEXT_TOKENS = 50_000;

    @Override
    List<Setting<?>> settings() {
        return List.of(
                Settings.MODEL,
                Settings.REVISION,
                Settings.SINKS,
                Settings.WINDOW,
                Settings.DTYPE,
                Settings.CACHE_DTYPE,
                Settings.DEVICE,
                Settings.WEIGHT_MEMORY,
                Settings.DETERMINISTIC,
                SpeedSettings.CHUNKS,
                SpeedSettings.STREAMS,
                SpeedSettings.RECOMPUTATION,
                SpeedSettings.CACHES,
                SpeedSettings.ROUNDS,
                SpeedSettings.BASELINE,
                SpeedSettings.TABLE_FORMAT,
                Settings.INPUT,
                Settings.OUTPUT,
                Settings.OVERWRITE);
    }

    @Override
    List<String> description() {
        return List.of(
                "Measures scoring and decoding over full caches on this machine.",
                "",
                "With --input, a text file, the table says what each number type costs in NLL on its first "
                        + TEXT_TOKENS + " tokens.",
                "",
                "tokens/s is the median of at least --rounds rounds; their mean and standard deviation stand beside it.",
                "",
                "With --recomputation, one stream's tokens by a full cache beside re-computation of all its tokens for every one,"
                        + " in turns; speedup is the quotient of the two rates.",
                "",
                "The limit is the rate of the bare matrix products of the same shapes, timed in the same run. With"
                        + " --output the rows go to a CSV file: " + SpeedTable.header() + ".",
                "",
                "With --baseline, such a file, each row is compared with the file's. It ends with 1 if one of scoring or decoding is"
                        + " slower by more than the spread: twice the standard deviation of the difference of two rounds.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  speed --model llama --output speed.csv",
                "  speed --model llama --dtype float32,bfloat16,int8 --input text.txt",
                "  speed --model llama --rounds 20 --table-format markdown",
                "  speed --model llama --baseline speed.csv",
                "  speed --model llama --recomputation --caches 256,1024,4096",
                "  speed --model llama --chunks 64,512 --streams 1 --attention-sink-window-size 4092");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        checkComparison(values);
        List<String> texts = values.find(Settings.INPUT).orElse(List.of());
        Path output = OutputFile.of(values, Settings.INPUT, texts).orElse(null);
        ModelOptions options = ModelOptions.of(ModelSource.folder(values))
                .withAttention(values.require(Settings.SINKS), values.require(Settings.WINDOW));
        boolean tokenizer = StreamModel.describe(options).tokenizer();
        SpeedPlace place = SpeedPlace.here(StreamModel.fingerprint(options));
        Optional<SpeedBaseline> baseline = baseline(values, place);
        String text = InputText.of(texts);
        if (text != null && !tokenizer) {
            throw new UserException(
                    Settings.INPUT + ": " + options.model() + " has no tokenizer.json to read a text with");
        }
        double reference = Double.NaN;
        List<SpeedRow> rows = new ArrayList<>();
        for (String dtype : values.require(Settings.DTYPE)) {
            ComputeOptions compute = new ComputeOptions(
                    dtype,
                    values.require(Settings.CACHE_DTYPE),
                    values.require(Settings.DEVICE),
                    0,
                    values.require(Settings.WEIGHT_MEMORY),
                    values.require(Settings.DETERMINISTIC));
            Speed speed = speed(options.withCompute(compute), place, values, err);
            List<SpeedRow> measured = values.require(SpeedSettings.RECOMPUTATION)
                    ? speed.compareWithRecomputation(values.require(SpeedSettings.CACHES))
                    : speed.measure(values.require(SpeedSettings.CHUNKS), values.require(SpeedSettings.STREAMS));
            if (text != null) {
                if (Double.isNaN(reference)) {
                    ComputeOptions single = compute.withDtype("float32").withCacheDtype("float32");
                    reference = speed(options.withCompute(single), place, values, err)
                            .nll(text, TEXT_TOKENS);
                }
                double nll = speed.nll(text, TEXT_TOKENS);
                double price = nll / reference - 1;
                measured = measured.stream().map(row -> row.withNll(nll, price)).toList();
            }
            rows.addAll(measured);
        }
        SpeedTable.lines(rows, values.require(SpeedSettings.TABLE_FORMAT)).forEach(out::println);
        if (output != null) {
            write(output, rows);
        }
        baseline.ifPresent(before -> compare(before, rows, err));
    }

    private static Optional<SpeedBaseline> baseline(SettingValues values, SpeedPlace place) {
        Optional<String> file = values.find(SpeedSettings.BASELINE);
        if (file.isPresent() && values.require(SpeedSettings.ROUNDS) < 2) {
            throw new UserException(SpeedSettings.ROUNDS + ": 1 has no spread to compare with " + SpeedSettings.BASELINE
                    + ": give at least 2");
        }
        file.ifPresent(name -> OutputFile.of(values, SpeedSettings.BASELINE, List.of(name)));
        return file.map(name -> SpeedBaseline.read(name, place));
    }

    /** On standard error, since the table may be for a program. */
    private static void compare(SpeedBaseline baseline, List<SpeedRow> rows, PrintWriter err) {
        SpeedBaseline.Comparison found = baseline.compare(rows);
        found.lines().forEach(err::println);
        if (found.compared() == 0) {
            throw new RunFailure(SpeedSettings.BASELINE + ": no row of it was measured now", null);
        }
        if (found.slower() > 0) {
            throw new RunFailure(
                    SpeedSettings.BASELINE + ": " + found.slower() + " of " + found.compared()
                            + " rows are slower by more than the spread",
                    null);
        }
    }

    /** A comparison has caches of its own, and says nothing of texts. */
    private static void checkComparison(SettingValues values) {
        if (!values.require(SpeedSettings.RECOMPUTATION)) {
            if (values.isGiven(SpeedSettings.CACHES)) {
                throw new UserException(SpeedSettings.CACHES + " is given without " + SpeedSettings.RECOMPUTATION);
            }
            return;
        }
        for (Setting<?> other : List.of(Settings.WINDOW, SpeedSettings.CHUNKS, SpeedSettings.STREAMS, Settings.INPUT)) {
            if (values.isGiven(other)) {
                throw new UserException(other + " is given with " + SpeedSettings.RECOMPUTATION
                        + ", which measures one stream at each of " + SpeedSettings.CACHES + ": leave it out");
            }
        }
        int sinks = values.require(Settings.SINKS);
        for (int cache : values.require(SpeedSettings.CACHES)) {
            if (cache <= sinks) {
                throw new UserException(
                        SpeedSettings.CACHES + ": " + cache + " tokens leave no window beside " + sinks + " sinks");
            }
        }
    }

    private static Speed speed(ModelOptions options, SpeedPlace place, SettingValues values, PrintWriter err) {
        return new Speed(options, place, values.require(SpeedSettings.ROUNDS), err::println);
    }

    private static void write(Path output, List<SpeedRow> rows) {
        try {
            Files.write(output, SpeedTable.lines(rows, TableFormat.CSV), UTF_8);
        } catch (IOException e) {
            throw new RunFailure(Settings.OUTPUT + ": " + output + " can't be written: " + e.getMessage(), e);
        }
    }
}
