package io.sinkstream.dialogue;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** Rows in a file, JSON lines or CSV by its name. Each is there as soon as it is written. */
public final class RowFile implements AutoCloseable {
    private static final Gson GSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private final BufferedWriter file;
    private final boolean isCsv;
    private boolean isBegun;

    private RowFile(BufferedWriter file, boolean isCsv) {
        this.file = file;
        this.isCsv = isCsv;
    }

    /** Refuses a name that says neither. */
    public static void requireFormat(Path file) {
        String name = file.toString();
        if (!name.endsWith(".csv") && !name.endsWith(".jsonl")) {
            throw new UserException(
                    Settings.OUTPUT + ": " + name + "; allowed is a name that ends with .jsonl or .csv");
        }
    }

    /** Begins a file, in the place of one that is there. The caller closes it. */
    static RowFile begin(Path file) {
        try {
            return new RowFile(Files.newBufferedWriter(file), file.toString().endsWith(".csv"));
        } catch (IOException e) {
            throw new UserException(Settings.OUTPUT + ": " + file + " can't be written: " + e, e);
        }
    }

    /**
     * Appends a row.
     *
     * @param row values by column, in the same order each time: texts, finite numbers and nulls
     */
    void add(Map<String, ?> row) {
        try {
            if (isCsv && !isBegun) {
                file.write(String.join(",", row.keySet()));
                file.newLine();
            }
            isBegun = true;
            file.write(
                    isCsv
                            ? row.values().stream().map(RowFile::cell).collect(Collectors.joining(","))
                            : GSON.toJson(row));
            file.newLine();
            file.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A value in a line of CSV, quoted if it has to be; nothing for null. */
    public static String cell(Object value) {
        if (value == null) {
            return "";
        }
        String text = value.toString();
        boolean isPlain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return isPlain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
