package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A checkpoint's folder, its headers read and checked; weights are mapped one by one, on demand. Immutable, holds no file
 * open, safe for many threads.
 *
 * <p>A mapped file that is overwritten in place kills the JVM (SIGBUS): replace a checkpoint by renaming a new folder.
 */
public final class Checkpoint {
    private static final String CONFIG = "config.json";
    private static final String GENERATION_CONFIG = "generation_config.json";
    private static final String EOS = "eos_token_id";
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final String ADAPTER = "adapter_config.json";
    private static final int SAMPLE = 256;

    private final Path folder;
    private final ModelConfig config;
    private final Set<Integer> eosTokens;
    private final List<Path> files;
    private final Map<String, TensorHeader> tensors;
    private final Map<String, SafetensorsType> others;

    private Checkpoint(
            Path folder,
            ModelConfig config,
            Set<Integer> eosTokens,
            List<Path> files,
            Map<String, TensorHeader> tensors,
            Map<String, SafetensorsType> others) {
        this.folder = folder;
        this.config = config;
        this.eosTokens = eosTokens;
        this.files = List.copyOf(files);
        this.tensors = Collections.unmodifiableMap(tensors);
        this.others = Collections.unmodifiableMap(others);
    }

    /**
     * Reads {@code config.json}, {@code generation_config.json} and the safetensors headers (of {@code model.safetensors}
     * or else of the shards in {@code model.safetensors.index.json}), no weights.
     *
     * @throws UserException in one line that names the file and the field, if anything is missing or contradicts itself
     */
    public static Checkpoint open(Path folder) {
        if (!Files.exists(folder)) {
            throw new UserException(folder + ": no such folder; expected a checkpoint's folder, on every machine");
        }
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder + ": is a file; expected a checkpoint's folder");
        }
        if (Files.exists(folder.resolve(ADAPTER))) {
            // Hugging Face's readers would apply it.
            throw new UserException(folder.resolve(ADAPTER)
                    + ": an adapter; expected none, merge it into the weights and take the file away");
        }
        Path configFile = folder.resolve(CONFIG);
        if (!Files.isRegularFile(configFile)) {
            throw new UserException(
                    folder + ": has no " + CONFIG + "; expected a Hugging Face checkpoint (" + listing(folder) + ")");
        }
        ModelConfig config = ModelConfig.read(configFile);
        Set<Integer> eosTokens = eosTokens(folder, config);
        Optional<ShardIndex> index = Optional.empty();
        List<Path> files;
        if (Files.isRegularFile(folder.resolve(WEIGHTS))) {
            files = List.of(folder.resolve(WEIGHTS));
        } else if (Files.isRegularFile(folder.resolve(INDEX))) {
            index = Optional.of(ShardIndex.read(folder.resolve(INDEX)));
            files = index.get().shards().values().stream()
                    .distinct()
                    .map(folder::resolve)
                    .toList();
        } else {
            throw noWeights(folder);
        }
        Map<String, TensorHeader> tensors = new LinkedHashMap<>();
        Map<String, SafetensorsType> others = new LinkedHashMap<>();
        Map<String, Path> places = new LinkedHashMap<>();
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw new UserException(file + ": no such file, but " + INDEX + " names it; download it again");
            }
            SafetensorsHeader header = SafetensorsHeader.read(file);
            for (String name : namesOf(header)) {
                Path other = places.put(name, file);
                if (other != null) {
                    throw new UserException(file + ": tensor " + Shown.quoted(name) + " is in " + other.getFileName()
                            + " too; expected it in one file");
                }
            }
            tensors.putAll(header.tensors());
            others.putAll(header.others());
        }
        index.ifPresent(there -> there.shards().forEach((name, shard) -> {
            if (!folder.resolve(shard).equals(places.get(name))) {
                throw new UserException(folder.resolve(shard) + ": tensor " + Shown.quoted(name) + " is missing, but "
                        + INDEX + " says that it is there");
            }
        }));
        return new Checkpoint(folder, config, eosTokens, files, tensors, others);
    }

    /** The folder, as it was given. */
    public Path folder() {
        return folder;
    }

    /** {@code config.json}. */
    public ModelConfig config() {
        return config;
    }

    /**
     * All tensors of all shards that can be weights, by name; those of other types (masks and the like) only
     * {@link #tensor} knows, to refuse them.
     */
    public Map<String, TensorHeader> tensors() {
        return tensors;
    }

    /** The names of all tensors of all shards, of whatever type. */
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>(tensors.keySet());
        names.addAll(others.keySet());
        return names;
    }

    /** The error for a tensor that is there and must not be, saying why. */
    public UserException unexpected(String name, String why) {
        Path file = tensors.containsKey(name) ? tensors.get(name).file() : folder;
        return new UserException(file + ": tensor " + Shown.quoted(name) + " " + why);
    }

    /**
     * The tensor's header.
     *
     * @throws UserException if there is none, naming it and the files that were searched, or if its type cannot be read
     */
    public TensorHeader tensor(String name) {
        TensorHeader tensor = tensors.get(name);
        if (tensor != null) {
            return tensor;
        }
        SafetensorsType type = others.get(name);
        if (type != null) {
            throw new UserException(folder + ": tensor " + Shown.quoted(name) + " is stored as " + type
                    + "; supported: " + Arrays.toString(StoredType.values()));
        }
        String searched = files.stream()
                .limit(4)
                .map(file -> file.getFileName().toString())
                .collect(Collectors.joining(", "));
        String more = files.size() > 4 ? " and " + (files.size() - 4) + " more files" : "";
        throw new UserException(
                folder + ": tensor " + Shown.quoted(name) + " is missing; looked in " + searched + more);
    }

    /**
     * Maps rows (entries of the first dimension) {@code from} to {@code to}, exclusive, of a tensor: a direct
     * little-endian buffer, position 0, at most 2^31-1 bytes. A tensor without dimensions is one row. The mapping lives
     * as long as the buffer is reachable.
     *
     * @throws IllegalArgumentException if the tensor is not of this checkpoint, has no such rows, or they take too much
     * @throws UserException if the file is gone or shorter than it was
     */
    public ByteBuffer map(TensorHeader tensor, long from, long to) {
        if (!tensor.equals(tensors.get(tensor.name()))) {
            throw new IllegalArgumentException("not a tensor of " + folder + ": " + tensor);
        }
        if (from < 0 || to < from || to > tensor.rows()) {
            throw new IllegalArgumentException(
                    "rows " + from + " to " + to + " of " + tensor.name() + ", which has " + tensor.rows());
        }
        if (tensor.rowBytes() > 0 && to - from > Integer.MAX_VALUE / tensor.rowBytes()) {
            throw new IllegalArgumentException("rows " + from + " to " + to + " of " + tensor.name() + " take "
                    + (to - from) * tensor.rowBytes() + " bytes, more than one buffer's " + Integer.MAX_VALUE
                    + "; take fewer rows at a time");
        }
        long begin = tensor.offset() + from * tensor.rowBytes();
        long bytes = (to - from) * tensor.rowBytes();
        try (FileChannel channel = FileChannel.open(tensor.file())) {
            if (channel.size() < begin + bytes) {
                throw new UserException(tensor.file() + ": has " + channel.size() + " bytes, but tensor "
                        + Shown.quoted(tensor.name()) + " ended at byte " + (tensor.offset() + tensor.bytes())
                        + " when it was opened; the file was changed: start again");
            }
            return channel.map(MapMode.READ_ONLY, begin, bytes).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw Shown.unreadable(tensor.file(), e);
        }
    }

    /**
     * Tells this model from every other, other weights of the same shapes included: a SHA-256 over config, tokenizer, all
     * headers and {@value #SAMPLE} bytes from the middle of each tensor, in hexadecimal. Where the folder lies does not
     * matter.
     */
    public String fingerprint() {
        MessageDigest digest = sha256();
        digest.update(content(CONFIG));
        digest.update(tokenizerFingerprint().getBytes(StandardCharsets.UTF_8));
        for (TensorHeader tensor : new TreeMap<>(tensors).values()) {
            digest.update((tensor.name() + tensor.type() + tensor.shape()).getBytes(StandardCharsets.UTF_8));
            digest.update(sample(tensor));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Tells the tokenizer from every other: a SHA-256 of {@code tokenizer.json}, or of nothing where there is none. */
    public String tokenizerFingerprint() {
        return HexFormat.of().formatHex(sha256().digest(content(TOKENIZER)));
    }

    private byte[] content(String name) {
        Path file = folder.resolve(name);
        try {
            return Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        }
    }

    private static byte[] sample(TensorHeader tensor) {
        ByteBuffer sample = ByteBuffer.allocate((int) Math.min(SAMPLE, tensor.bytes()));
        try (FileChannel channel = FileChannel.open(tensor.file())) {
            long from = tensor.offset() + (tensor.bytes() - sample.capacity()) / 2;
            while (sample.hasRemaining() && channel.read(sample, from + sample.position()) > 0) {}
        } catch (IOException e) {
            throw Shown.unreadable(tensor.file(), e);
        }
        return sample.array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /**
     * Loads {@code tokenizer.json} if there is one. The caller closes it.
     *
     * @throws UserException if the file is no tokenizer
     */
    public Optional<TextTokenizer> tokenizer() {
        return hasTokenizer() ? Optional.of(TextTokenizer.open(tokenizerFile())) : Optional.empty();
    }

    /** Whether there is a {@code tokenizer.json}; loads nothing. */
    public boolean hasTokenizer() {
        return Files.isRegularFile(tokenizerFile());
    }

    /** Where its {@code tokenizer.json} is, if it has one. */
    public Path tokenizerFile() {
        return folder.resolve(TOKENIZER);
    }

    /**
     * End-of-sequence ids: {@code generation_config.json}'s {@code eos_token_id} if there, else {@code config.json}'s,
     * else none.
     */
    public Set<Integer> eosTokens() {
        return eosTokens;
    }

    private static Set<Integer> eosTokens(Path folder, ModelConfig config) {
        Path generation = folder.resolve(GENERATION_CONFIG);
        Optional<Set<Integer>> first =
                Files.isRegularFile(generation) ? ModelConfig.read(generation).optTokenIds(EOS) : Optional.empty();
        return first.or(() -> config.optTokenIds(EOS)).orElse(Set.of());
    }

    private static Set<String> namesOf(SafetensorsHeader header) {
        Set<String> names = new LinkedHashSet<>(header.tensors().keySet());
        names.addAll(header.others().keySet());
        return names;
    }

    private static UserException noWeights(Path folder) {
        Optional<String> pickle = names(folder).stream()
                .filter(name -> name.matches(".*\\.(bin|bin\\.index\\.json|pt|pth|pkl|ckpt)"))
                .findFirst();
        if (pickle.isPresent()) {
            return new UserException(folder + ": has its weights only as pickle (" + Shown.plain(pickle.get())
                    + "), which can run code when it is read; convert it once, in Python with transformers:"
                    + " AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER,"
                    + " safe_serialization=True), or take a revision that has " + WEIGHTS);
        }
        return new UserException(
                folder + ": no weights; looked for " + WEIGHTS + " and " + INDEX + " (" + listing(folder) + ")");
    }

    private static String listing(Path folder) {
        List<String> names = names(folder);
        if (names.isEmpty()) {
            return "the folder is empty";
        }
        String first = names.stream().limit(8).map(Shown::plain).collect(Collectors.joining(", "));
        return "the folder has " + first + (names.size() > 8 ? ", and " + (names.size() - 8) + " more" : "");
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw Shown.unreadable(folder, e);
        }
    }
}
