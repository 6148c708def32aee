package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

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
    private static final String ADAPTER = "adapter_config.json";
    private static final List<String> CONTEXT =
            List.of("max_position_embeddings", "n_positions", "max_seq_len", "seq_length");

    private final Path folder;
    private final ModelConfig config;
    private final Set<Integer> eosTokens;
    private final List<Path> files;
    private final Map<String, TensorHeader> tensors;
    private final Map<String, SafetensorsType> others;
    private final Optional<TokenizerFiles> tokenizer;

    private Checkpoint(
            Path folder,
            ModelConfig config,
            Set<Integer> eosTokens,
            List<Path> files,
            Map<String, TensorHeader> tensors,
            Map<String, SafetensorsType> others,
            Optional<TokenizerFiles> tokenizer) {
        this.folder = folder;
        this.config = config;
        this.eosTokens = eosTokens;
        this.files = List.copyOf(files);
        this.tensors = Collections.unmodifiableMap(tensors);
        this.others = Collections.unmodifiableMap(others);
        this.tokenizer = tokenizer;
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
        FolderEntries entries = new FolderEntries(folder);
        ModelConfig config = ModelConfig.read(entries.file(CONFIG)
                .orElseThrow(() -> new UserException(folder + ": has no " + CONFIG
                        + "; expected a Hugging Face checkpoint (" + entries.listing() + ")")));
        Set<Integer> eosTokens = eosTokens(entries, config);
        Optional<TokenizerFiles> tokenizer = TokenizerFiles.of(entries, config);
        Optional<Path> whole = entries.file(WEIGHTS);
        Optional<ShardIndex> index =
                whole.isPresent() ? Optional.empty() : entries.file(INDEX).map(ShardIndex::read);
        List<Path> files = whole.map(List::of)
                .or(() -> index.map(shards -> shards.shards().values().stream()
                        .distinct()
                        .map(folder::resolve)
                        .toList()))
                .orElseThrow(() -> noWeights(entries));
        Map<String, TensorHeader> tensors = new LinkedHashMap<>();
        Map<String, SafetensorsType> others = new LinkedHashMap<>();
        Map<String, Path> places = new LinkedHashMap<>();
        for (Path file : files) {
            if (entries.file(file.getFileName().toString()).isEmpty()) {
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
        return new Checkpoint(folder, config, eosTokens, files, tensors, others, tokenizer);
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
     * headers and some bytes from the middle of each tensor, in hexadecimal. Where the folder lies does not matter.
     */
    public String fingerprint() {
        Fingerprint all = new Fingerprint()
                .content(new FolderEntries(folder).file(CONFIG))
                .text(tokenizerFingerprint());
        new TreeMap<>(tensors).values().forEach(all::tensor);
        return all.hex();
    }

    /**
     * Tells the tokenizer from every other: a SHA-256 of {@code tokenizer.json}, or of nothing where there is none, and of
     * what stands in front of a text where the files beside it change that.
     *
     * @throws UserException if the file is no tokenizer
     */
    public String tokenizerFingerprint() {
        return tokenizer.map(TokenizerFiles::fingerprint).orElseGet(() -> new Fingerprint().hex());
    }

    /**
     * Loads {@code tokenizer.json} if there is one, and frees it again.
     *
     * @throws UserException if the file is no tokenizer
     */
    public void checkTokenizer() {
        tokenizer.ifPresent(TokenizerFiles::check);
    }

    /**
     * Loads {@code tokenizer.json} if there is one. The caller closes it.
     *
     * @throws UserException if the file is no tokenizer
     */
    public Optional<TextTokenizer> tokenizer() {
        return tokenizer.map(TokenizerFiles::open);
    }

    /** Whether there is a {@code tokenizer.json}; loads nothing. */
    public boolean hasTokenizer() {
        return tokenizer.isPresent();
    }

    /**
     * Reads the chat template that comes with the tokenizer, if there is one.
     *
     * @throws UserException if the files that may have it can't be read
     */
    public Optional<ChatSource> chat() {
        return ChatFiles.read(new FolderEntries(folder), config);
    }

    /** Where its {@code tokenizer.json} is, if it has one. */
    public Path tokenizerFile() {
        return folder.resolve(TokenizerFiles.TOKENIZER);
    }

    /** How many tokens the model was made for at a time, by whatever name {@code config.json} tells it; empty if it does not. */
    public OptionalInt contextTokens() {
        return CONTEXT.stream()
                .filter(config::has)
                .mapToInt(field -> config.requireInt(field, 1))
                .findFirst();
    }

    /**
     * End-of-sequence ids: {@code generation_config.json}'s {@code eos_token_id} if there, else {@code config.json}'s,
     * else none.
     */
    public Set<Integer> eosTokens() {
        return eosTokens;
    }

    /**
     * {@code generation_config.json} of the checkpoint in {@code folder}, if it has one.
     *
     * @throws UserException if it is no JSON object
     */
    public static Optional<ModelConfig> generationConfig(Path folder) {
        return new FolderEntries(folder).file(GENERATION_CONFIG).map(ModelConfig::read);
    }

    private static Set<Integer> eosTokens(FolderEntries entries, ModelConfig config) {
        return generationConfig(entries.folder())
                .flatMap(generation -> generation.optTokenIds(EOS))
                .or(() -> config.optTokenIds(EOS))
                .orElse(Set.of());
    }

    private static Set<String> namesOf(SafetensorsHeader header) {
        Set<String> names = new LinkedHashSet<>(header.tensors().keySet());
        names.addAll(header.others().keySet());
        return names;
    }

    private static UserException noWeights(FolderEntries entries) {
        Path folder = entries.folder();
        Optional<String> pickle = entries.names().stream()
                .filter(name -> name.matches(".*\\.(bin|bin\\.index\\.json|pt|pth|pkl|ckpt)"))
                .findFirst();
        if (pickle.isPresent()) {
            return new UserException(folder + ": has its weights only as pickle (" + Shown.plain(pickle.get())
                    + "), which can run code when it is read; convert it once, in Python with transformers:"
                    + " AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER,"
                    + " safe_serialization=True), or take a revision that has " + WEIGHTS);
        }
        return new UserException(
                folder + ": no weights; looked for " + WEIGHTS + " and " + INDEX + " (" + entries.listing() + ")");
    }
}
