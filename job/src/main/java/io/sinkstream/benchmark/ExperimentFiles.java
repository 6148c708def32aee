package io.sinkstream.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.NumberInput;
import com.fasterxml.jackson.core.io.NumberOutput;
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

/**
 * What one experiment leaves in a folder: {@code EXPERIMENT.csv} with the columns of attention_sinks' benchmark, and in the
 * folder {@code EXPERIMENT} streaming-llm's {@code log.txt} and {@code ppl.txt}, and what the run was begun with. The CSV is the
 * truth: rows are appended as they are measured, and a row that was cut off is written again by a run that goes on.
 * Rows of later segments wait in {@code EXPERIMENT/from-N.csv}, by the input_length of the first.
 */
final class ExperimentFiles {
    static final String HEADER = "input_length,nll,ppl,overall_ppl,cuda_vram_allocated,latency";

    private static final String WAITING_HEADER = "input_length,nll,cuda_vram_allocated,latency";
    private static final Pattern WAITING = Pattern.compile("from-(\\d+)\\.csv");
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path csv;
    private final Path folder;
    private final int step;

    /** @param step how many tokens further each row's input is than that of the row before */
    ExperimentFiles(Path output, String experiment, int step) {
        this.csv = output.resolve(experiment + ".csv");
        this.folder = output.resolve(experiment);
        this.step = step;
    }

    /** Of the row with this number, from 0. */
    private int length(int row) {
        return (row + 1) * step;
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
        wholeLines(csv, HEADER, line -> nll.add(cells(csv, line, length(nll.size()), 1)[0]));
        StringBuilder log = new StringBuilder();
        nll.forEach(number -> log.append(text(number)).append('\n'));
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

    /** The first {@code count} numbers behind the length of the input. */
    private static double[] cells(Path file, String line, int length, int count) {
        String[] cells = line.split(",", -1);
        try {
            if (Integer.parseInt(cells[0]) == length) {
                double[] numbers = new double[count];
                for (int i = 0; i < count; i++) {
                    numbers[i] = NumberInput.parseDouble(cells[i + 1], true);
                }
                return numbers;
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
        Repeated memory = new Repeated();
        Repeated latency = new Repeated();
        double total = sum;
        for (int i = 0; i < rows.nll().length; i++) {
            double number = rows.nll()[i];
            String nll = text(number);
            int row = before + i;
            total += number;
            table.append(length(row))
                    .append(',')
                    .append(nll)
                    .append(',')
                    .append(text(Math.exp(number)))
                    .append(',')
                    .append(text(Math.exp(total / (row + 1))))
                    .append(',')
                    .append(memory.text(rows.memory()[i]))
                    .append(',')
                    .append(latency.text(rows.latency()[i]))
                    .append('\n');
            log.append(nll).append('\n');
        }
        Files.writeString(csv, table, UTF_8, StandardOpenOption.APPEND);
        Files.writeString(log(), log, UTF_8, StandardOpenOption.APPEND);
    }

    /**
     * Appends rows of the segment that begins with row {@code from}, whose turn has not come.
     *
     * @param first the number of the first of them
     */
    void appendWaiting(int from, int first, ExperimentBlock.Measured rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        if (first == from) {
            lines.append(WAITING_HEADER).append('\n');
        }
        Repeated memory = new Repeated();
        Repeated latency = new Repeated();
        for (int i = 0; i < rows.nll().length; i++) {
            lines.append(length(first + i))
                    .append(',')
                    .append(text(rows.nll()[i]))
                    .append(',')
                    .append(memory.text(rows.memory()[i]))
                    .append(',')
                    .append(latency.text(rows.latency()[i]))
                    .append('\n');
        }
        // The first ones begin the file anew, whatever a kill has left of it.
        StandardOpenOption end = first == from ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
        Files.writeString(waitingFile(from), lines, UTF_8, StandardOpenOption.CREATE, StandardOpenOption.WRITE, end);
    }

    /** The rows that wait of the segment that begins with row {@code from}; what is behind the last whole one is cut off. */
    ExperimentBlock.Measured waiting(int from) throws IOException {
        Path file = waitingFile(from);
        List<double[]> rows = new ArrayList<>();
        if (Files.exists(file) && Files.size(file) > WAITING_HEADER.length()) {
            wholeLines(file, WAITING_HEADER, line -> rows.add(cells(file, line, length(from + rows.size()), 3)));
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
                if (name.matches() && isGone.test(Integer.parseInt(name.group(1)) / step - 1)) {
                    Files.delete(file);
                }
            }
        }
    }

    private Path waitingFile(int from) {
        return folder.resolve("from-" + length(from) + ".csv");
    }

    /** The shortest that is read as the same number. An infinite one as Python writes it. */
    private static String text(double number) {
        return Double.isInfinite(number) ? "inf" : NumberOutput.toString(number, true);
    }

    /** Numbers of which many in a row are the same: those of a pass. */
    private static final class Repeated {
        private double last = Double.NaN;
        private String text;

        String text(double number) {
            if (number != last) {
                last = number;
                text = ExperimentFiles.text(number);
            }
            return text;
        }
    }

    /** Says what all rows together have. */
    void end(double perplexity) throws IOException {
        Files.writeString(ppl(), text(perplexity) + "\n", UTF_8);
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
