package io.sinkstream.harness;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A folder that files of rows come into, one after the other; Spark takes them by their time. */
public final class GrowingFolder {
    private static final long FIRST = 1_700_000_000_000L;

    private final Path folder;
    private int files;

    public GrowingFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    public Path path() {
        return folder;
    }

    /** Puts the rows in, so many a file. */
    public GrowingFolder add(List<JsonObject> rows, int perFile) throws IOException {
        for (int from = 0; from < rows.size(); from += perFile) {
            String lines = rows.subList(from, Math.min(rows.size(), from + perFile)).stream()
                    .map(row -> row + "\n")
                    .collect(Collectors.joining());
            Path file = folder.resolve(String.format("rows-%05d.json", files));
            Path draft = Files.writeString(folder.resolveSibling(folder.getFileName() + ".draft"), lines);
            Files.setLastModifiedTime(draft, FileTime.fromMillis(FIRST + 1000L * files));
            Files.move(draft, file);
            files++;
        }
        return this;
    }

    /** Rows of so many streams in turn, each with a seq of its own and a text of about ten bytes. */
    public static List<JsonObject> rows(int streams, int each) {
        List<JsonObject> rows = new ArrayList<>();
        for (int seq = 0; seq < each; seq++) {
            for (int key = 0; key < streams; key++) {
                JsonObject row = new JsonObject();
                row.addProperty("key", "k" + key);
                row.addProperty("seq", seq);
                row.addProperty("text", "é".repeat(seq % 3) + Integer.toHexString(31 * seq * (key + 7)) + " of " + key);
                rows.add(row);
            }
        }
        return rows;
    }
}
