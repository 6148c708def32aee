package io.sinkstream.harness;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Spark said of each micro-batch of a query, as its event log has it. */
public record QueryProgress(JsonObject json) {
    /** The options of spark-submit that write the log, as one file of plain lines, into a folder that exists. */
    public static List<String> logged(Path folder) {
        return List.of(
                "--conf", "spark.eventLog.enabled=true",
                "--conf", "spark.eventLog.dir=" + folder.toUri(),
                "--conf", "spark.eventLog.rolling.enabled=false",
                "--conf", "spark.eventLog.compress=false");
    }

    /** All that had rows, in their order, of the one application that logged into the folder. */
    public static List<QueryProgress> read(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Path log = files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .findFirst()
                    .orElseThrow();
            try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
                return lines.filter(line -> line.contains("QueryProgressEvent"))
                        .map(line -> new QueryProgress(
                                JsonParser.parseString(line).getAsJsonObject().getAsJsonObject("progress")))
                        .filter(progress -> progress.rows() > 0)
                        .toList();
            }
        }
    }

    public long rows() {
        return number(source(), "numInputRows");
    }

    /** Milliseconds of a step of the micro-batch; {@code triggerExecution} is all of it. */
    public long millis(String step) {
        return number(json.getAsJsonObject("durationMs"), step);
    }

    /** A number of the stateful operator. */
    public long state(String name) {
        return number(operator(), name);
    }

    /** A number of its RocksDB. */
    public long rocks(String name) {
        return number(operator().getAsJsonObject("customMetrics"), name);
    }

    /** Rows that Kafka had more, when the micro-batch was planned. */
    public long backlog() {
        return number(source().getAsJsonObject("metrics"), "maxOffsetsBehindLatest");
    }

    /** A sum over the micro-batch's rows. */
    public long observed(String name) {
        JsonObject row = json.getAsJsonObject("observedMetrics").getAsJsonObject("sinkstream");
        JsonArray fields = row.getAsJsonObject("schema").getAsJsonArray("fields");
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).getAsJsonObject().get("name").getAsString().equals(name)) {
                return row.getAsJsonArray("values").get(i).getAsLong();
            }
        }
        throw new IllegalArgumentException("nothing observes " + name);
    }

    private JsonObject source() {
        return json.getAsJsonArray("sources").get(0).getAsJsonObject();
    }

    private JsonObject operator() {
        return json.getAsJsonArray("stateOperators").get(0).getAsJsonObject();
    }

    private static long number(JsonObject object, String name) {
        return object == null || !object.has(name) ? 0 : object.get(name).getAsLong();
    }
}
