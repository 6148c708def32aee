package io.sinkstream.harness;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What Spark notes of a query: a micro-batch's part of the input before it begins, and that it is done. It is the one thing
 * that both a running driver and the one after it go by.
 *
 * @param checkpoint the query's folder; it need not exist yet
 */
public record QueryLog(Path checkpoint) {
    /** The last micro-batch that was begun; -1 before the first. */
    public long begun() {
        return last("offsets");
    }

    /** The last micro-batch that is done; -1 before the first. */
    public long done() {
        return last("commits");
    }

    /** The last number under which a source of files has noted new ones, also for a micro-batch that is not begun yet; -1 before. */
    long planned() {
        return last("sources/0");
    }

    /** Whether a micro-batch runs now, or was left where it was. */
    public boolean isInMicroBatch() {
        return begun() > done();
    }

    /** Up to where each of a Kafka topic's partitions is done. */
    Map<Integer, Long> taken(String topic) {
        long done = done();
        if (done < 0) {
            return Map.of();
        }
        try {
            // The version, the watermark and settings, and then a line for each source.
            List<String> lines =
                    Files.readAllLines(checkpoint.resolve("offsets").resolve("" + done));
            JsonObject offsets = JsonParser.parseString(lines.get(2)).getAsJsonObject();
            Map<Integer, Long> taken = new HashMap<>();
            offsets.getAsJsonObject(topic)
                    .entrySet()
                    .forEach(entry -> taken.put(
                            Integer.valueOf(entry.getKey()), entry.getValue().getAsLong()));
            return taken;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Beside the numbered files lie drafts and checksums, whose names begin with a dot. */
    private long last(String folder) {
        try (Stream<Path> files = Files.list(checkpoint.resolve(folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("\\d+(\\.compact)?"))
                    .mapToLong(name -> Long.parseLong(name.replace(".compact", "")))
                    .max()
                    .orElse(-1);
        } catch (NoSuchFileException e) {
            return -1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
