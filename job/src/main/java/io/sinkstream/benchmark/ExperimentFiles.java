package io.sinkstream.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import com.google.gson.reflect.TypeToken;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What one experiment leaves in a folder: {@code EXPERIMENT.csv} with the columns of attention_sinks' benchmark, and in the
 * folder {@code EXPERIMENT} streaming-llm's {@code log.txt} and {@code ppl.txt}, and what the run was begun with. The CSV is the
 * truth: rows are appended as they are measured, and a row that was cut off is written again by a run that goes on.
 */
final class ExperimentFiles {
    static final String HEADER = "input_length,nll,ppl,overall_ppl,cuda_vram_allocated,latency";

    private static final int NLL = 1;
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path csv;
    private final Path folder;

    ExperimentFiles(Path output, String experiment) {
        this.csv = output.resolve(experiment + ".csv");
        this.folder = output.resolve(experiment);
    }

    /** Refuses rows that are there, unless they are to be replaced or gone on with. */
    void refuseExisting() {
        if (Files.exists(csv)) {
            throw new UserException(ExperimentSettings.OUTPUT_DIR + ": " + csv + " exists; remove it, or give "
                    + Settings.OVERWRITE + " or " + ExperimentSettings.RESUME);
        }
    }

    /** Begins with no rows, in the place of any that are there. */
    void begin(Map<String, String> terms) throws IOException {
        Files.createDirectories(folder);
        Files.deleteIfExists(ppl());
        Files.writeString(terms(), GSON.toJson(terms), UTF_8);
        Files.writeString(log(), "", UTF_8);
        Files.writeString(csv, HEADER + "\n", UTF_8);
    }

    /**
     * The NLLs of the rows that are there, after which a run goes on; what is behind the last whole row is cut off. Begins with no
     * rows if there are none.
     *
     * @throws UserException if they are of a run on other terms, or no rows at all
     */
    List<Double> resume(Map<String, String> terms) throws IOException {
        if (!Files.exists(csv)) {
            begin(terms);
            return List.of();
        }
        requireSame(terms);
        if (Files.size(csv) <= HEADER.length() && HEADER.startsWith(Files.readString(csv, UTF_8))) {
            // It was ended before it had its first line.
            begin(terms);
            return List.of();
        }
        List<Double> nll = new ArrayList<>();
        long whole = 0;
        try (BufferedReader lines = Files.newBufferedReader(csv, UTF_8)) {
            String header = lines.readLine();
            if (!HEADER.equals(header)) {
                throw new UserException(csv + " begins with \"" + header + "\"; rows to go on with have " + HEADER);
            }
            whole = HEADER.length() + 1L;
            long size = Files.size(csv);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (whole + line.length() + 1 > size) {
                    break;
                }
                nll.add(nll(line, nll.size() + 1));
                whole += line.length() + 1L;
            }
        }
        try (var channel = Files.newByteChannel(csv, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }
        StringBuilder log = new StringBuilder();
        nll.forEach(number -> log.append(number).append('\n'));
        Files.writeString(log(), log, UTF_8);
        return nll;
    }

    private void requireSame(Map<String, String> terms) throws IOException {
        Map<String, String> begun = null;
        if (Files.exists(terms())) {
            try {
                begun = GSON.fromJson(Files.readString(terms()), new TypeToken<Map<String, String>>() {}.getType());
            } catch (JsonSyntaxException e) {
                throw new UserException(terms() + " is no JSON that a run has written: " + e.getMessage(), e);
            }
        }
        if (begun == null) {
            throw new UserException(ExperimentSettings.RESUME + ": " + terms()
                    + " is missing or empty, which tells what the rows of " + csv + " were measured with; give "
                    + Settings.OVERWRITE + " in its place");
        }
        for (Map.Entry<String, String> term : terms.entrySet()) {
            String was = begun.get(term.getKey());
            if (!Objects.equals(was, term.getValue())) {
                throw new UserException(
                        ExperimentSettings.RESUME + ": " + csv + " was begun with " + term.getKey() + " " + was
                                + ", not " + term.getValue() + "; go on with the same, or give " + Settings.OVERWRITE);
            }
        }
    }

    private double nll(String line, int number) {
        String[] cells = line.split(",", -1);
        try {
            if (Integer.parseInt(cells[0]) == number) {
                return Double.parseDouble(cells[NLL]);
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // Told below, as a row out of its place is.
        }
        throw new UserException(
                csv + ", line " + (number + 1) + ": \"" + line + "\" is no row of input_length " + number);
    }

    /** Appends rows behind {@code before} others, whose sum of NLLs is {@code sum}. */
    void append(ExperimentBlock.Measured rows, int before, double sum) throws IOException {
        StringBuilder table = new StringBuilder();
        StringBuilder log = new StringBuilder();
        double total = sum;
        for (int i = 0; i < rows.nll().length; i++) {
            double nll = rows.nll()[i];
            int length = before + i + 1;
            total += nll;
            table.append(length)
                    .append(',')
                    .append(nll)
                    .append(',')
                    .append(number(Math.exp(nll)))
                    .append(',')
                    .append(number(Math.exp(total / length)))
                    .append(',')
                    .append(rows.memory()[i])
                    .append(',')
                    .append(rows.latency()[i])
                    .append('\n');
            log.append(nll).append('\n');
        }
        Files.writeString(csv, table, UTF_8, StandardOpenOption.APPEND);
        Files.writeString(log(), log, UTF_8, StandardOpenOption.APPEND);
    }

    /** As Python writes it. */
    private static String number(double value) {
        return Double.isInfinite(value) ? "inf" : Double.toString(value);
    }

    /** Says what all rows together have. */
    void end(double perplexity) throws IOException {
        Files.writeString(ppl(), number(perplexity) + "\n", UTF_8);
    }

    private Path log() {
        return folder.resolve("log.txt");
    }

    private Path ppl() {
        return folder.resolve("ppl.txt");
    }

    private Path terms() {
        return folder.resolve("run.json");
    }
}
