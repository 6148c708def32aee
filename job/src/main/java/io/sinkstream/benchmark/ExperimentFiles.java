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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What one experiment leaves in a folder: {@code EXPERIMENT.csv} with the columns of attention_sinks' benchmark, and in the
 * folder {@code EXPERIMENT} streaming-llm's {@code log.txt} and {@code ppl.txt}, and what the run was begun with. The CSV is the
 * truth: rows are appended as they are measured, and a row that was cut off is written again by a run that goes on.
 * Rows of later segments wait in {@code EXPERIMENT/from-N.csv}, by the input_length of the first.
 */
final class ExperimentFiles {
    static final String HEADER = "input_length,nll,ppl,overall_ppl,cuda_vram_allocated,latency";

    private static final int NLL = 1;
    private static final String WAITING_HEADER = "input_length,nll,cuda_vram_allocated,latency";
    private static final Pattern WAITING = Pattern.compile("from-(\\d+)\\.csv");
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path csv;
    private final Path folder;

    ExperimentFiles(Path output, String experiment) {
        this.csv = output.resolve(experiment + ".csv");
        this.folder = output.resolve(experiment);
    }

    /** The file of rows and the folder of the others. */
    List<Path> paths() {
        return List.of(csv, folder);
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
        deleteWaiting(from -> true);
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
        wholeLines(csv, HEADER, line -> nll.add(cell(csv, line, nll.size() + 1, NLL)));
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

    /** Hands over the lines behind the header that are whole, and cuts off what is behind the last of them. */
    private static void wholeLines(Path file, String header, Consumer<String> lines) throws IOException {
        long whole = header.length() + 1L;
        try (BufferedReader reader = Files.newBufferedReader(file, UTF_8)) {
            String first = reader.readLine();
            if (!header.equals(first)) {
                throw new UserException(file + " begins with \"" + first + "\"; rows to go on with have " + header);
            }
            long size = Files.size(file);
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (whole + line.length() + 1 > size) {
                    break;
                }
                lines.accept(line);
                whole += line.length() + 1L;
            }
        }
        try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }
    }

    private static double cell(Path file, String line, int length, int column) {
        String[] cells = line.split(",", -1);
        try {
            if (Integer.parseInt(cells[0]) == length) {
                return Double.parseDouble(cells[column]);
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // Told below, as a row out of its place is.
        }
        throw new UserException(file + ": \"" + line + "\" is no row of input_length " + length);
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

    /**
     * Appends rows of the segment that begins at prediction {@code from}, whose turn has not come.
     *
     * @param first the prediction that the first of them is of
     */
    void appendWaiting(int from, int first, ExperimentBlock.Measured rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        if (first == from) {
            lines.append(WAITING_HEADER).append('\n');
        }
        for (int i = 0; i < rows.nll().length; i++) {
            lines.append(first + i + 1)
                    .append(',')
                    .append(rows.nll()[i])
                    .append(',')
                    .append(rows.memory()[i])
                    .append(',')
                    .append(rows.latency()[i])
                    .append('\n');
        }
        // The first ones begin the file anew, whatever a kill has left of it.
        StandardOpenOption end = first == from ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
        Files.writeString(waitingFile(from), lines, UTF_8, StandardOpenOption.CREATE, StandardOpenOption.WRITE, end);
    }

    /** The rows that wait of the segment that begins at prediction {@code from}; what is behind the last whole one is cut off. */
    ExperimentBlock.Measured waiting(int from) throws IOException {
        Path file = waitingFile(from);
        List<double[]> rows = new ArrayList<>();
        if (Files.exists(file) && Files.size(file) > WAITING_HEADER.length()) {
            wholeLines(file, WAITING_HEADER, line -> {
                int length = from + rows.size() + 1;
                rows.add(IntStream.rangeClosed(NLL, NLL + 2)
                        .mapToDouble(column -> cell(file, line, length, column))
                        .toArray());
            });
        }
        double[][] columns = new double[3][];
        for (int i = 0; i < columns.length; i++) {
            int column = i;
            columns[i] = rows.stream().mapToDouble(row -> row[column]).toArray();
        }
        return new ExperimentBlock.Measured(columns[0], columns[1], columns[2], 0, null);
    }

    /** Deletes the waiting rows of segments that begin where {@code isGone} says. */
    void deleteWaiting(IntPredicate isGone) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path file : all) {
                Matcher name = WAITING.matcher(file.getFileName().toString());
                if (name.matches() && isGone.test(Integer.parseInt(name.group(1)) - 1)) {
                    Files.delete(file);
                }
            }
        }
    }

    private Path waitingFile(int from) {
        return folder.resolve("from-" + (from + 1) + ".csv");
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
