package io.sinkstream.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import com.google.gson.reflect.TypeToken;
import io.sinkstream.checkpoint.SafetensorsWriter;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Weight;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * The folder that a training writes, on any file system that Spark knows: the model in Hugging Face's layout once it is done,
 * and {@code training} in it with what it takes to go on until then.
 *
 * @param path the folder
 */
record TrainingFolder(String path) implements Serializable {
    private static final String TRAINING = "training";
    private static final String STATES = "states";
    private static final String STEP = "step-";
    private static final String STATE = "state.safetensors";
    private static final String LOG = "log.csv";
    private static final String SETTINGS = "settings.json";

    /** What an experiment was begun with. */
    private static final String EXPERIMENT = "experiment.json";

    /** States that are kept: a driver that dies while it writes one finds the one before. */
    private static final int KEPT = 2;

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private FileSystem files() throws IOException {
        FileSystem files = new Path(path).getFileSystem(SparkHadoopUtil.get().conf());
        // Hadoop's own sums beside each file would be litter in a model's folder.
        return files instanceof LocalFileSystem local ? local.getRaw() : files;
    }

    /** Where the packed samples are. */
    String samples() {
        return new Path(path, TRAINING + "/samples").toString();
    }

    /** The text of a file of the model, or beside the variants of an experiment; empty if it is not there. */
    Optional<String> modelText(String name) throws IOException {
        Path file = new Path(path, name);
        if (!files().exists(file)) {
            return Optional.empty();
        }
        try (InputStream in = files().open(file)) {
            return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Copies a file of the model into a folder of this machine. */
    void copyModelFile(String name, java.nio.file.Path folder) throws IOException {
        try (InputStream in = files().open(new Path(path, name))) {
            Files.copy(in, folder.resolve(name));
        }
    }

    /** Whether a model is there. */
    boolean isDone() throws IOException {
        return files().exists(new Path(path, "config.json"));
    }

    /** Whether anything is there. */
    boolean exists() throws IOException {
        return files().exists(new Path(path));
    }

    /** What a training here was begun with; nothing if none was. */
    Optional<Map<String, String>> settings() throws IOException {
        return settings(TRAINING + "/" + SETTINGS);
    }

    /** What an experiment here was begun with; nothing if none was. */
    Optional<Map<String, String>> experiment() throws IOException {
        return settings(EXPERIMENT);
    }

    private Optional<Map<String, String>> settings(String name) throws IOException {
        try {
            return modelText(name)
                    .map(text -> GSON.fromJson(text, new TypeToken<LinkedHashMap<String, String>>() {}.getType()));
        } catch (JsonSyntaxException e) {
            throw new UserException(new Path(path, name) + ": is broken: " + e.getMessage(), e);
        }
    }

    /** Begins an experiment, whose variants have folders of their own in this one. */
    void beginExperiment(Map<String, String> settings) throws IOException {
        writeModelFile(EXPERIMENT, GSON.toJson(settings).getBytes(StandardCharsets.UTF_8));
    }

    /** Begins a training. The settings come last: with them all else is there. */
    void begin(Map<String, String> settings) throws IOException {
        write(SETTINGS, GSON.toJson(settings));
    }

    /** Whether there is a text of that name beside the states. */
    boolean has(String name) throws IOException {
        return files().exists(new Path(path, TRAINING + "/" + name));
    }

    /** A text beside the states. */
    String read(String name) throws IOException {
        try (InputStream in = files().open(new Path(path, TRAINING + "/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Writes a text beside the states. */
    void write(String name, String text) throws IOException {
        writeAtomically(new Path(path, TRAINING + "/" + name), text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a file of the model. */
    void writeModelFile(String name, byte[] content) throws IOException {
        writeAtomically(new Path(path, name), content);
    }

    private void writeAtomically(Path file, byte[] content) throws IOException {
        Path draft = new Path(file.getParent(), "." + file.getName() + ".draft");
        try (OutputStream out = files().create(draft, true)) {
            out.write(content);
        }
        files().delete(file, false);
        rename(draft, file);
    }

    private void rename(Path from, Path to) throws IOException {
        if (!files().rename(from, to)) {
            throw new IOException("can't rename " + from + " to " + to);
        }
    }

    /**
     * Keeps a state, under the step of its log's last entry, and the one before.
     *
     * @param patience by which the best one is kept, too
     */
    void save(SavedState saved, DecoderSpec spec, Patience patience) throws IOException {
        Path states = new Path(path, TRAINING + "/" + STATES);
        Path folder = new Path(states, name(saved.step()));
        Path draft = new Path(states, "." + folder.getName() + ".draft");
        List<SafetensorsWriter.Tensor> tensors = new ArrayList<>();
        tensors(tensors, "weight.", saved.state().weights(), spec);
        tensors(tensors, "first.", saved.state().first(), spec);
        tensors(tensors, "second.", saved.state().second(), spec);
        files().delete(draft, true);
        try (OutputStream out = new BufferedOutputStream(files().create(new Path(draft, STATE), true))) {
            SafetensorsWriter.write(out, tensors, StoredType.F32);
        }
        try (OutputStream out = files().create(new Path(draft, LOG), true)) {
            out.write(csv(saved.log()).getBytes(StandardCharsets.UTF_8));
        }
        files().delete(folder, true);
        rename(draft, folder);
        List<Path> all = states();
        String best =
                patience.best(saved.log()).map(entry -> name(entry.step())).orElse("");
        for (Path old : all.subList(0, Math.max(0, all.size() - KEPT))) {
            if (!old.getName().equals(best)) {
                files().delete(old, true);
            }
        }
    }

    private static String name(int step) {
        return STEP + String.format(Locale.ROOT, "%09d", step);
    }

    static String csv(List<LogEntry> log) {
        StringBuilder lines = new StringBuilder(LogEntry.HEADER + "\n");
        log.forEach(entry -> lines.append(entry.csv()).append('\n'));
        return lines.toString();
    }

    private static void tensors(
            List<SafetensorsWriter.Tensor> all, String prefix, List<float[]> numbers, DecoderSpec spec) {
        List<Weight> weights = spec.weights();
        for (int i = 0; i < weights.size(); i++) {
            all.add(new SafetensorsWriter.Tensor(
                    prefix + weights.get(i).name(), weights.get(i).shape(), numbers.get(i)));
        }
    }

    private List<Path> states() throws IOException {
        Path states = new Path(path, TRAINING + "/" + STATES);
        return files().exists(states)
                ? Arrays.stream(files().listStatus(states))
                        .map(FileStatus::getPath)
                        .filter(folder -> folder.getName().startsWith(STEP))
                        .sorted(Comparator.comparing(Path::getName))
                        .toList()
                : List.of();
    }

    /** The last state that was kept. */
    Optional<SavedState> latest(DecoderSpec spec) throws IOException {
        List<Path> all = states();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(read(all.get(all.size() - 1), spec));
    }

    /** The state after a step that was kept. */
    SavedState state(int step, DecoderSpec spec) throws IOException {
        return read(new Path(path, TRAINING + "/" + STATES + "/" + name(step)), spec);
    }

    private SavedState read(Path folder, DecoderSpec spec) throws IOException {
        List<LogEntry> log;
        try (InputStream in = files().open(new Path(folder, LOG))) {
            log = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(LogEntry::of)
                    .toList();
        }
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(files().open(new Path(folder, STATE)), 1 << 20))) {
            in.skipNBytes(Long.reverseBytes(in.readLong()));
            return new SavedState(new TrainingState(numbers(in, spec), numbers(in, spec), numbers(in, spec)), log);
        } catch (EOFException e) {
            throw new UserException(
                    folder + ": the state is cut off; remove this folder to go on from the one before", e);
        }
    }

    private static List<float[]> numbers(DataInputStream in, DecoderSpec spec) throws IOException {
        List<float[]> all = new ArrayList<>();
        for (Weight weight : spec.weights()) {
            float[] numbers = new float[Math.toIntExact(weight.numbers())];
            byte[] bytes = new byte[Math.multiplyExact(numbers.length, Float.BYTES)];
            in.readFully(bytes);
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(numbers);
            all.add(numbers);
        }
        return all;
    }

    /** Removes what it took to go on. */
    void end() throws IOException {
        files().delete(new Path(path, TRAINING), true);
    }

    /** Leaves nothing of a training that did not begin. */
    void abandon() throws IOException {
        end();
        if (exists() && files().listStatus(new Path(path)).length == 0) {
            files().delete(new Path(path), false);
        }
    }

    UserException unusable(IOException e) {
        return new UserException(Settings.OUTPUT + ": " + path + " can't be used: " + e.getMessage(), e);
    }
}
