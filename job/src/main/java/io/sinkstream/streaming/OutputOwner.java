package io.sinkstream.streaming;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.execution.streaming.CheckpointFileManager;
import org.apache.spark.sql.execution.streaming.FileStreamSink;
import org.apache.spark.sql.execution.streaming.StreamMetadata;
import scala.Option;

/**
 * Which query a folder of results belongs to, in a file beside them. A query passes over what it finds done in its output:
 * where that is another's, or a part of it is gone, rows would be missing without a word.
 */
public final class OutputOwner {
    private static final String FILE = "_sinkstream.json";
    private static final String QUERY = "query";
    private static final String CHECKPOINT = "checkpoint";
    private static final String FORMAT = "format";
    private static final Pattern ENTRY = Pattern.compile("(\\d+)(\\.compact)?");

    private final String checkpoint;
    private final String output;
    private final String format;
    private final Configuration conf;

    private OutputOwner(String checkpoint, String output, String format, Configuration conf) {
        this.checkpoint = checkpoint;
        this.output = output;
        this.format = format;
        this.conf = conf;
    }

    /**
     * Throws UserException if the output of files is not, or no more, that of the query which keeps itself in the checkpoint,
     * or of another format. Writes nothing.
     */
    public static void check(String checkpoint, String output, String format, Configuration conf) {
        OutputOwner owner = new OutputOwner(checkpoint, output, format, conf);
        try {
            owner.check();
        } catch (IOException | IllegalArgumentException e) {
            throw owner.unusable(e);
        }
    }

    /** The same, and from here on no other query can have the output. */
    static void claim(String checkpoint, String output, String format, Configuration conf) {
        OutputOwner owner = new OutputOwner(checkpoint, output, format, conf);
        try {
            owner.check();
            owner.claim();
        } catch (IOException | IllegalArgumentException e) {
            throw owner.unusable(e);
        }
    }

    private UserException unusable(Exception e) {
        return new UserException(Settings.OUTPUT + ": " + output + " can't be used: " + e.getMessage(), e);
    }

    private void check() throws IOException {
        Path claim = new Path(output, FILE);
        FileSystem files = claim.getFileSystem(conf);
        long written = last(new Path(output, FileStreamSink.metadataDir()));
        long begun = last(new Path(checkpoint, "offsets"));
        long done = last(new Path(checkpoint, "commits"));
        if (files.exists(claim)) {
            checkQuery(files, claim);
        }
        if (written < done) {
            throw refused("lacks what the checkpoint " + checkpoint + " has done: that goes to micro-batch " + done
                    + " and the output to " + (written < 0 ? "none" : "" + written)
                    + ", so it is another query's or was removed; give the one that the checkpoint was begun with,"
                    + " or begin a new checkpoint (with " + StreamSettings.INITIAL_STATE + " to keep the streams)");
        }
        if (written > begun) {
            throw refused("is ahead of the checkpoint " + checkpoint + ": it goes to micro-batch " + written
                    + " and the checkpoint to " + (begun < 0 ? "none" : "" + begun)
                    + ", so it is another query's, or the checkpoint is an old copy; write somewhere else");
        }
    }

    private void checkQuery(FileSystem files, Path claim) throws IOException {
        try (InputStream in = files.open(claim)) {
            JsonObject owner = JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonObject();
            Option<StreamMetadata> mine = StreamMetadata.read(metadata(), conf);
            if (mine.isEmpty() || !mine.get().id().equals(owner.get(QUERY).getAsString())) {
                throw refused("belongs to the query of the checkpoint "
                        + owner.get(CHECKPOINT).getAsString() + ", not to that of " + checkpoint
                        + "; write somewhere else, or go on with that checkpoint");
            }
            // Earlier versions did not write it.
            if (owner.has(FORMAT) && !owner.get(FORMAT).getAsString().equals(format)) {
                throw new UserException(Settings.OUTPUT_FORMAT + ": " + output + " was begun as "
                        + owner.get(FORMAT).getAsString() + ", not " + format
                        + ", and no reader takes both; go on with that, or begin a new checkpoint (with "
                        + StreamSettings.INITIAL_STATE + " to keep the streams)");
            }
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            throw new UserException(claim + ": is broken: " + e.getMessage(), e);
        }
    }

    private UserException refused(String why) {
        return new UserException(Settings.OUTPUT + ": " + output + " " + why);
    }

    /** Where Spark keeps a query's id, from its first start on. */
    private Path metadata() {
        return new Path(checkpoint, "metadata");
    }

    private void claim() throws IOException {
        Path claim = new Path(output, FILE);
        CheckpointFileManager manager = CheckpointFileManager.create(new Path(output), conf);
        if (manager.exists(claim)) {
            return;
        }
        Option<StreamMetadata> found = StreamMetadata.read(metadata(), conf);
        StreamMetadata query = found.isDefined()
                ? found.get()
                : new StreamMetadata(UUID.randomUUID().toString());
        if (found.isEmpty()) {
            StreamMetadata.write(query, metadata(), conf);
        }
        JsonObject owner = new JsonObject();
        owner.addProperty(QUERY, query.id());
        owner.addProperty(CHECKPOINT, checkpoint);
        owner.addProperty(FORMAT, format);
        manager.mkdirs(new Path(output));
        // What is closed is there, and nothing of it before.
        try (OutputStream out = manager.createAtomic(claim, false)) {
            out.write(owner.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The last entry of one of Spark's logs; -1 if there is none. */
    private long last(Path log) throws IOException {
        long last = -1;
        try {
            for (FileStatus file : log.getFileSystem(conf).listStatus(log)) {
                Matcher entry = ENTRY.matcher(file.getPath().getName());
                if (entry.matches()) {
                    last = Math.max(last, Long.parseLong(entry.group(1)));
                }
            }
        } catch (FileNotFoundException e) {
            // It is made with its first entry.
        }
        return last;
    }
}
