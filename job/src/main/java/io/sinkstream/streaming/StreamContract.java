package io.sinkstream.streaming;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import com.google.gson.reflect.TypeToken;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What the states in a checkpoint were made with, in a file beside Spark's own: a query that would read them otherwise is
 * refused before it starts.
 */
public final class StreamContract {
    private static final String FILE = "sinkstream.json";
    private static final String OFFSETS = "offsets";
    private static final String VERSION = "1";
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private static final String FORMAT = "format";
    private static final String COMMAND = "command";
    private static final String FINGERPRINT = "model-fingerprint";
    private static final String TOKENIZER = "tokenizer-fingerprint";
    private static final String KEPT = "history-tokens";

    private final Map<String, String> terms;

    private StreamContract(Map<String, String> terms) {
        this.terms = terms;
    }

    /** What a query with these options would make states with. */
    private static StreamContract made(StreamOptions options) {
        Map<String, String> terms = new LinkedHashMap<>();
        terms.put(FORMAT, VERSION);
        terms.put(COMMAND, options.generates() ? "generate" : "score");
        terms.put(FINGERPRINT, StreamModel.fingerprint(options.scoring().modelOptions()));
        terms.put(TOKENIZER, StreamModel.tokenizerFingerprint(options.scoring().modelOptions()));
        terms.put(Settings.MODEL.name(), options.scoring().model());
        terms.put(Settings.SINKS.name(), "" + options.scoring().sinks());
        terms.put(Settings.WINDOW.name(), "" + options.scoring().window());
        terms.put(Settings.HISTORY.name(), options.history().toString());
        terms.put(KEPT, "" + options.keep(options.scoring().describe()));
        terms.put(Settings.PARTITIONS.name(), "" + options.scoring().partitions());
        terms.put(Settings.KEY.name(), options.scoring().columns().key());
        terms.put(Settings.ORDER.name(), options.scoring().columns().order());
        return new StreamContract(terms);
    }

    /**
     * Compares the options with what the checkpoint was begun with, if it was.
     *
     * @param partitions how many a new checkpoint gets if the options name no number
     * @return the options with the number of partitions
     * @throws UserException if the checkpoint was begun with anything else that its states depend on, or is not ours
     */
    static StreamOptions agree(String checkpoint, StreamOptions options, int partitions, Configuration conf) {
        try {
            Path folder = new Path(checkpoint);
            FileSystem files = folder.getFileSystem(conf);
            Path file = new Path(folder, FILE);
            if (files.exists(file)) {
                return read(files, file).agreed(checkpoint, options);
            }
            if (files.exists(new Path(folder, OFFSETS))) {
                throw new UserException(Settings.CHECKPOINT + ": " + checkpoint
                        + " is the checkpoint of another program; give a new folder");
            }
            return options.scoring().partitions() > 0
                    ? options
                    : options.withScoring(options.scoring().withPartitions(partitions));
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(checkpoint, e);
        }
    }

    /**
     * Throws UserException if a query with these options can not go on with the checkpoint. Needs no session, so that what
     * does not fit is refused before one starts.
     *
     * @param isGivenStates whether the query is to begin with states from elsewhere
     */
    public static void check(String checkpoint, StreamOptions options, boolean isGivenStates, Configuration conf) {
        if (isGivenStates && isBegun(checkpoint, conf)) {
            throw new UserException(Settings.INITIAL_STATE + ": the checkpoint " + checkpoint
                    + " has begun and has states of its own; leave it out, or begin a new checkpoint");
        }
        var unused = agree(checkpoint, options, 1, conf);
    }

    /** Begins the checkpoint. */
    static void begin(String checkpoint, StreamOptions options, Configuration conf) {
        try {
            Path file = new Path(checkpoint, FILE);
            made(options).write(file.getFileSystem(conf), file);
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(checkpoint, e);
        }
    }

    /** What the checkpoint was begun with. Throws UserException if it was never begun. */
    static StreamContract of(String checkpoint, Configuration conf) {
        try {
            Path file = new Path(checkpoint, FILE);
            FileSystem files = file.getFileSystem(conf);
            if (!files.exists(file)) {
                throw new UserException(Settings.CHECKPOINT + ": " + checkpoint
                        + " is no checkpoint of stream score or stream generate");
            }
            return read(files, file);
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(checkpoint, e);
        }
    }

    /** Whether the checkpoint was begun. */
    public static boolean isBegun(String checkpoint, Configuration conf) {
        try {
            Path file = new Path(checkpoint, FILE);
            return file.getFileSystem(conf).exists(file);
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(checkpoint, e);
        }
    }

    private static UserException unusable(String checkpoint, Exception e) {
        return new UserException(Settings.CHECKPOINT + ": " + checkpoint + " can't be used: " + e.getMessage(), e);
    }

    private StreamOptions agreed(String checkpoint, StreamOptions options) {
        int partitions = Integer.parseInt(terms.get(Settings.PARTITIONS.name()));
        StreamOptions settled = options.scoring().partitions() > 0
                ? options
                : options.withScoring(options.scoring().withPartitions(partitions));
        StreamContract other = made(settled);
        for (Map.Entry<String, String> term : terms.entrySet()) {
            String name = term.getKey();
            String mine = other.terms.get(name);
            if (name.equals(Settings.MODEL.name()) || term.getValue().equals(mine)) {
                // Where the model lies does not matter, only what it is.
                continue;
            }
            if (name.equals(FINGERPRINT)) {
                throw new UserException(Settings.MODEL + ": "
                        + options.scoring().model()
                        + " is not the model and tokenizer that the checkpoint " + checkpoint + " was begun with, "
                        + terms.get(Settings.MODEL.name())
                        + "; go on with that, or begin a new checkpoint (with " + Settings.INITIAL_STATE
                        + " to keep the streams)");
            }
            throw new UserException(
                    (name.equals(FORMAT) || name.equals(COMMAND) ? "" : "--") + name + ": the checkpoint "
                            + checkpoint + " was begun with " + term.getValue() + ", not " + mine
                            + "; go on with that, or begin a new checkpoint");
        }
        return settled;
    }

    /** The value of a term, as it was written. */
    String term(Setting<?> setting) {
        return terms.get(setting.name());
    }

    /** S. */
    int sinks() {
        return Integer.parseInt(term(Settings.SINKS));
    }

    /** R. */
    int window() {
        return Integer.parseInt(term(Settings.WINDOW));
    }

    /** The number of partitions. */
    int partitions() {
        return Integer.parseInt(term(Settings.PARTITIONS));
    }

    /** How many tokens before the pending one are kept. */
    long keep() {
        return Long.parseLong(terms.get(KEPT));
    }

    /** The tokenizer's fingerprint. */
    String tokenizer() {
        return terms.get(TOKENIZER);
    }

    /** The model's fingerprint. */
    String fingerprint() {
        return terms.get(FINGERPRINT);
    }

    private static StreamContract read(FileSystem files, Path file) throws IOException {
        try (InputStream in = files.open(file)) {
            Map<String, String> terms = GSON.fromJson(
                    new String(in.readAllBytes(), StandardCharsets.UTF_8),
                    new TypeToken<LinkedHashMap<String, String>>() {}.getType());
            if (terms == null || !VERSION.equals(terms.get(FORMAT))) {
                throw new UserException(file + ": is of another version; expected format " + VERSION);
            }
            return new StreamContract(terms);
        } catch (JsonSyntaxException e) {
            throw new UserException(file + ": is broken: " + e.getMessage(), e);
        }
    }

    /** By a rename: a driver that dies in between leaves no half of it. */
    private void write(FileSystem files, Path file) throws IOException {
        Path draft = new Path(file.getParent(), "." + FILE + ".draft");
        try (OutputStream out = files.create(draft, true)) {
            out.write(GSON.toJson(terms).getBytes(StandardCharsets.UTF_8));
        }
        if (!files.rename(draft, file)) {
            throw new IOException("can't rename " + draft + " to " + file);
        }
    }
}
