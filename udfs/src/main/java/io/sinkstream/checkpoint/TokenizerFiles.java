package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code tokenizer.json} and the files beside it that say what stands in front of a text, read as transformers 4.57's
 * AutoTokenizer reads them. Most of its fast tokenizers leave that to the post-processor of {@code tokenizer.json}; those of
 * {@link #FRONTS} put their BOS there, or nothing, whatever the post-processor says. Without a {@code tokenizer_config.json},
 * {@code tokenizer.json} stands for itself.
 *
 * @param file {@code tokenizer.json}
 * @param front the token that these files put in front of a text, or none; empty if they leave it to the post-processor
 * @param space what they say of a blank in front of a text; empty if they say nothing
 */
record TokenizerFiles(Path file, Optional<Front> front, Optional<PrefixSpace> space) {
    static final String TOKENIZER = "tokenizer.json";

    static final String CONFIG = "tokenizer_config.json";
    static final String LEGACY = "special_tokens_map.json";
    static final String ADDED = "added_tokens_decoder";
    private static final String CLASS = "tokenizer_class";
    private static final String ADD_BOS = "add_bos_token";
    private static final String BOS = "bos_token";
    private static final String FAST = "Fast";

    /** The classes that read {@value #ADD_BOS}, without "Fast". */
    private static final Map<String, Defaults> FRONTS = Map.of(
            "LlamaTokenizer", new Defaults(true, "<s>"),
            "CodeLlamaTokenizer", new Defaults(true, "<s>"),
            "GemmaTokenizer", new Defaults(true, "<bos>"),
            "CohereTokenizer", new Defaults(true, "<BOS_TOKEN>"),
            "GPTNeoXTokenizer", new Defaults(false, "<|endoftext|>"));

    /** Those that take it for an error. */
    private static final Set<String> WITHOUT_BOS = Set.of("CodeGenTokenizer");

    /** Of the model types that are read here, those whose class is one of {@link #FRONTS} where no file names it. */
    private static final Map<String, String> CLASS_OF_TYPE = Map.of(
            "llama", "LlamaTokenizer",
            "mistral", "LlamaTokenizer",
            "phi3", "LlamaTokenizer",
            "gpt_neox", "GPTNeoXTokenizer",
            "mpt", "GPTNeoXTokenizer",
            "olmo2", "GPTNeoXTokenizer",
            "stablelm", "GPTNeoXTokenizer");

    /** What a class does where its config says nothing. */
    private record Defaults(boolean isAdded, String bos) {}

    /**
     * What stands in front of a text, by its name.
     *
     * @param token empty for nothing
     * @param said where that is said, as messages name it
     */
    record Front(Optional<String> token, String said) {}

    /** One file that was found to be a tokenizer, as it was then. */
    private record Sound(
            Path file,
            Object inode,
            long size,
            FileTime time,
            Optional<Front> front,
            Optional<PrefixSpace> space,
            boolean isOwnFront,
            boolean isAsWritten) {}

    /** The last that was, so that a driver's checks, several a start, read the many megabytes once. */
    private static volatile Sound last;

    /**
     * Reads the config, not yet the tokenizer. Empty if the folder has no {@code tokenizer.json}.
     *
     * @param config the model's own
     */
    static Optional<TokenizerFiles> of(FolderEntries folder, ModelConfig config) {
        return folder.file(TOKENIZER).map(file -> {
            Optional<ModelConfig> said = folder.file(CONFIG).map(ModelConfig::read);
            return new TokenizerFiles(
                    file,
                    said.flatMap(own -> front(folder, own, config)),
                    said.flatMap(own -> PrefixSpace.of(own, className(own, config))));
        });
    }

    /** The tokenizer's class, without "Fast"; empty if it is not known. */
    static String className(ModelConfig own, ModelConfig config) {
        return own.optString(CLASS)
                .or(() -> config.optString(CLASS))
                .or(() -> config.optString("model_type").map(CLASS_OF_TYPE::get))
                .map(type -> type.endsWith(FAST) ? type.substring(0, type.length() - FAST.length()) : type)
                .orElse("");
    }

    private static Optional<Front> front(FolderEntries folder, ModelConfig own, ModelConfig config) {
        String name = className(own, config);
        if (WITHOUT_BOS.contains(name) && own.optBoolean(ADD_BOS, false)) {
            throw own.unsupported(ADD_BOS, "false for " + CLASS + " " + name);
        }
        Defaults defaults = FRONTS.get(name);
        if (defaults == null) {
            return Optional.empty();
        }
        if (!own.optBoolean(ADD_BOS, defaults.isAdded() && !own.isNull(ADD_BOS))) {
            return Optional.of(new Front(Optional.empty(), ""));
        }
        // The older file wins, unless the newer one is as transformers 4.34 and later write it.
        ModelConfig place = own.has(ADDED)
                ? own
                : folder.file(LEGACY)
                        .map(ModelConfig::read)
                        .filter(legacy -> legacy.has(BOS) || legacy.isNull(BOS))
                        .orElse(own);
        if (place.isNull(BOS)) {
            throw place.unsupported(BOS, "a token, as " + name + " puts it in front of a text");
        }
        Optional<String> token = place.optToken(BOS);
        return Optional.of(new Front(Optional.of(token.orElse(defaults.bos())), place.found(BOS)));
    }

    /** A tokenizer that was loaded, and what is remembered of it. */
    private record Loaded(TextTokenizer tokenizer, Sound sound) {}

    /**
     * Loads the tokenizer; the caller closes it.
     *
     * @throws UserException if the file is none
     */
    TextTokenizer open() {
        return load().tokenizer();
    }

    /** Throws UserException if the file is no tokenizer. */
    void check() {
        var unused = sound();
    }

    /** Of the file and, where they change what stands in front of a text, of what the files beside it say. */
    String fingerprint() {
        Fingerprint all = new Fingerprint().content(Optional.of(file));
        Sound sound = sound();
        if (!sound.isOwnFront()) {
            all.text(front.orElseThrow().token().toString());
        }
        if (!sound.isAsWritten()) {
            all.text("a blank in front: " + space.orElseThrow().isAdded());
        }
        return all.hex();
    }

    private Sound sound() {
        Sound known = last;
        if (known != null && known.equals(asIs(known.isOwnFront(), known.isAsWritten()))) {
            return known;
        }
        Loaded loaded = load();
        loaded.tokenizer().close();
        return loaded.sound();
    }

    private Loaded load() {
        Sound before = asIs(true, true);
        TextTokenizer tokenizer = TextTokenizer.open(file, front, space);
        boolean isOwn = front.isEmpty()
                || Arrays.equals(
                        tokenizer.prefix(), tokenizer.postProcessorPrefix().orElse(null));
        Sound sound = new Sound(
                file, before.inode(), before.size(), before.time(), front, space, isOwn, tokenizer.isAsWritten());
        last = sound;
        return new Loaded(tokenizer, sound);
    }

    private Sound asIs(boolean isOwnFront, boolean isAsWritten) {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return new Sound(
                    file, now.fileKey(), now.size(), now.lastModifiedTime(), front, space, isOwnFront, isAsWritten);
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        }
    }
}
