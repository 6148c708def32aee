package io.sinkstream.state;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import com.google.gson.reflect.TypeToken;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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
    private static final String PLACE = "place";
    private static final String FORGETTING = "idle-streams-are-forgotten";
    private static final String KEY_TYPE = "key-type";
    private static final String ORDER_TYPE = "order-type";

    private static final String RENEWING = "calibration-is-renewed";

    /** Of a query whose calibration stays as it is: see {@link #renewing}. */
    public static final String NOT_RENEWING = "without " + OddSettings.RECALIBRATE;

    private final Map<String, String> terms;

    private StreamContract(Map<String, String> terms) {
        this.terms = terms;
    }

    /**
     * What a query would make states with.
     *
     * @param command what it does with rows
     * @param model that it runs
     * @param settings values of what else the states depend on
     * @param keep how many tokens before the pending one it keeps
     */
    public static StreamContract made(String command, ModelOptions model, Map<Setting<?>, String> settings, long keep) {
        Map<String, String> terms = new LinkedHashMap<>();
        terms.put(FORMAT, VERSION);
        terms.put(COMMAND, command);
        terms.put(FINGERPRINT, StreamModel.fingerprint(model));
        terms.put(TOKENIZER, StreamModel.tokenizerFingerprint(model));
        settings.forEach((setting, value) -> terms.put(setting.name(), value));
        terms.put(KEPT, "" + keep);
        return new StreamContract(terms);
    }

    /** The same with the folder that it is for: Spark keeps paths in full, and finds nothing of a checkpoint that was moved. */
    public StreamContract at(String checkpoint, Configuration conf) {
        try {
            Path folder = new Path(checkpoint);
            return with(PLACE, folder.getFileSystem(conf).makeQualified(folder).toString());
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(checkpoint, e);
        }
    }

    /** The same with when streams are forgotten, in words: Spark can't add timers to a checkpoint, nor change their clock. */
    public StreamContract forgetting(String when) {
        return with(FORGETTING, when);
    }

    /** The same with how its calibration is renewed, in words. */
    public StreamContract renewing(String how) {
        return with(RENEWING, how);
    }

    /** The same with the kinds of the key's and the order's column: see {@code KeyedInput}. */
    public StreamContract withTypes(String key, String order) {
        return with(KEY_TYPE, key).with(ORDER_TYPE, order);
    }

    private StreamContract with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(terms);
        more.put(name, value);
        return new StreamContract(more);
    }

    /**
     * What the checkpoint was begun with, if it was.
     *
     * @throws UserException if it can't be read, or is another program's
     */
    public static Optional<StreamContract> find(String checkpoint, Configuration conf) {
        try {
            Path folder = new Path(checkpoint);
            FileSystem files = folder.getFileSystem(conf);
            Path file = new Path(folder, FILE);
            if (files.exists(file)) {
                return Optional.of(read(files, file));
            }
            if (files.exists(new Path(folder, OFFSETS))) {
                throw new UserException(StreamSettings.CHECKPOINT + ": " + checkpoint
                        + " is the checkpoint of another program; give a new folder");
            }
            return Optional.empty();
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
                throw new UserException(StreamSettings.CHECKPOINT + ": " + checkpoint
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

    /** Throws UserException if the checkpoint was begun, and so has states of its own. */
    public static void requireNew(String checkpoint, Configuration conf) {
        if (isBegun(checkpoint, conf)) {
            throw new UserException(StreamSettings.INITIAL_STATE + ": the checkpoint " + checkpoint
                    + " has begun and has states of its own; leave it out, or begin a new checkpoint");
        }
    }

    /** Begins the checkpoint. */
    public void begin(String checkpoint, Configuration conf) {
        try {
            Path file = new Path(checkpoint, FILE);
            write(file.getFileSystem(conf), file);
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(checkpoint, e);
        }
    }

    /** Takes the beginning of a checkpoint back, whose query was refused before it started. */
    public static void abandon(String checkpoint, Configuration conf) {
        try {
            Path folder = new Path(checkpoint);
            FileSystem files = folder.getFileSystem(conf);
            files.delete(new Path(folder, FILE), false);
            files.delete(new Path(folder, StreamCommands.FOLDER), true);
        } catch (IOException e) {
            throw unusable(checkpoint, e);
        }
    }

    /**
     * Throws UserException if a query that makes states with {@code other} can't go on with this checkpoint's. Where the
     * model lies does not matter, only what it is; nor does what only one of the two knows, such as the columns' types before
     * there is an input, or what earlier versions did not write down.
     */
    public void require(StreamContract other, String checkpoint) {
        for (Map.Entry<String, String> term : terms.entrySet()) {
            String name = term.getKey();
            String found = other.terms.get(name);
            if (name.equals(Settings.MODEL.name())
                    || found == null
                    || term.getValue().equals(found)) {
                continue;
            }
            throw new UserException(difference(name, term.getValue(), found, other, "the checkpoint " + checkpoint));
        }
    }

    private String difference(String name, String mine, String found, StreamContract other, String checkpoint) {
        String keeping = "begin a new checkpoint (with " + StreamSettings.INITIAL_STATE + " to keep the streams)";
        return switch (name) {
            case FINGERPRINT ->
                Settings.MODEL + ": " + other.term(Settings.MODEL) + " is not the model and tokenizer that "
                        + checkpoint + " was begun with, " + term(Settings.MODEL) + "; go on with that, or " + keeping;
            case PLACE ->
                StreamSettings.CHECKPOINT + ": " + checkpoint + " was begun as " + mine + " and is " + found
                        + " now; Spark finds it under its first name only: give it that, or write its streams by state "
                        + Settings.OUTPUT + " and " + keeping;
            case FORGETTING ->
                StreamSettings.IDLE + ": " + checkpoint + " was begun " + mine + ", not " + found
                        + ", and can't change that; go on so, or " + keeping;
            case RENEWING ->
                OddSettings.RECALIBRATE + ": " + checkpoint + " was begun " + mine + ", not " + found
                        + "; go on so, or " + keeping;
            case KEY_TYPE ->
                Settings.KEY + ": " + checkpoint + " was begun with a column " + term(Settings.KEY) + " of type " + mine
                        + ", and it is of type " + found
                        + " now, in which keys are others; give it the type that it had,"
                        + " or begin a new checkpoint";
            case ORDER_TYPE ->
                Settings.ORDER + ": " + checkpoint + " was begun with a column " + term(Settings.ORDER) + " of type "
                        + mine + ", and it is of type " + found
                        + " now, which can't be compared; give it the type that it"
                        + " had, or begin a new checkpoint";
            default ->
                (name.equals(FORMAT) || name.equals(COMMAND) ? "" : "--") + name + ": " + checkpoint
                        + " was begun with " + mine + ", not " + found + "; go on with that, or begin a new checkpoint";
        };
    }

    private static UserException unusable(String checkpoint, Exception e) {
        return new UserException(
                StreamSettings.CHECKPOINT + ": " + checkpoint + " can't be used: " + e.getMessage(), e);
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
    public int partitions() {
        return Integer.parseInt(term(Settings.PARTITIONS));
    }

    /** How many tokens before the pending one are kept. */
    long keep() {
        return Long.parseLong(terms.get(KEPT));
    }

    /** The order's kind; null if an earlier version did not write it down. */
    String orderType() {
        return terms.get(ORDER_TYPE);
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
            // Earlier versions knew no other.
            terms.putIfAbsent(RENEWING, NOT_RENEWING);
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
