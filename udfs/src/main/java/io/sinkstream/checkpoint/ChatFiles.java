package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files that say how a checkpoint's model is spoken to, read as transformers 4.57 reads them: {@code
 * chat_template.jinja}, or else the field of {@code tokenizer_config.json}, which is one template or several with names.
 */
final class ChatFiles {
    private static final String JINJA = "chat_template.jinja";
    private static final String FIELD = "chat_template";
    private static final String DEFAULT = "default";
    private static final String ADDITIONAL = "additional_special_tokens";
    private static final List<String> TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    /** The longest known have 30 kB. */
    private static final int LARGEST = 4 << 20;

    /** What a tokenizer's class takes where no file says it. */
    private static final Map<String, Map<String, String>> DEFAULTS = Map.of(
            "LlamaTokenizer", tokens("<s>", "</s>", "<unk>"),
            "CodeLlamaTokenizer", tokens("<s>", "</s>", "<unk>"),
            "GemmaTokenizer", tokens("<bos>", "<eos>", "<unk>"),
            "CohereTokenizer", tokens("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<UNK>"),
            "GPTNeoXTokenizer", tokens("<|endoftext|>", "<|endoftext|>", "<|endoftext|>"),
            "GPT2Tokenizer", tokens("<|endoftext|>", "<|endoftext|>", "<|endoftext|>"),
            "CodeGenTokenizer", tokens("<|endoftext|>", "<|endoftext|>", "<|endoftext|>"),
            "Qwen2Tokenizer", Map.of("eos_token", "<|endoftext|>", "unk_token", "<|endoftext|>"));

    private final FolderEntries folder;
    private final Optional<ModelConfig> own;

    private ChatFiles(FolderEntries folder) {
        this.folder = folder;
        own = folder.file(TokenizerFiles.CONFIG).map(ModelConfig::read);
    }

    private static Map<String, String> tokens(String bos, String eos, String unknown) {
        return Map.of("bos_token", bos, "eos_token", eos, "unk_token", unknown);
    }

    /**
     * Reads them. Empty if they have no template.
     *
     * @param config the model's own
     * @throws UserException if they can't be read
     */
    static Optional<ChatSource> read(FolderEntries folder, ModelConfig config) {
        ChatFiles files = new ChatFiles(folder);
        Optional<Path> jinja = folder.file(JINJA);
        if (jinja.isPresent()) {
            return Optional.of(new ChatSource(text(jinja.get()), jinja.get() + ":", files.specialTokens(config)));
        }
        return files.own
                .filter(there -> there.has(FIELD))
                .map(there -> new ChatSource(
                        field(there),
                        folder.folder().resolve(TokenizerFiles.CONFIG) + ": field \"" + FIELD + "\",",
                        files.specialTokens(config)));
    }

    private static String text(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new UserException(
                        file + ": has " + Files.size(file) + " bytes; expected at most " + LARGEST + " in such a file");
            }
            GitLfs.refusePointer(file, bytes);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UserException(file + ": is not valid UTF-8; the file is damaged", e);
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        }
    }

    private static String field(ModelConfig own) {
        if (own.isString(FIELD)) {
            return own.optString(FIELD).orElseThrow();
        }
        List<String> names = new ArrayList<>();
        for (ModelConfig named : own.optObjects(FIELD).orElseThrow()) {
            String name = named.optString("name").orElse("");
            if (name.equals(DEFAULT)) {
                return named.optString("template").orElseThrow(() -> named.unsupported("template", "a template"));
            }
            names.add(name);
        }
        throw own.unsupported(
                FIELD, "a template, or a list of them with the name \"" + DEFAULT + "\" among theirs " + names);
    }

    private Map<String, Object> specialTokens(ModelConfig config) {
        String type = own.map(there -> TokenizerFiles.className(there, config)).orElse("");
        Map<String, Object> tokens = new HashMap<>(DEFAULTS.getOrDefault(type, Map.of()));
        own.ifPresent(there -> put(there, tokens));
        // The older file counts, unless the newer one is as transformers 4.34 and later write it.
        if (own.isEmpty() || !own.get().has(TokenizerFiles.ADDED)) {
            folder.file(TokenizerFiles.LEGACY).map(ModelConfig::read).ifPresent(legacy -> put(legacy, tokens));
        }
        tokens.values().removeIf(token -> token.equals(""));
        return tokens;
    }

    private static void put(ModelConfig said, Map<String, Object> tokens) {
        for (String name : TOKENS) {
            if (said.isNull(name)) {
                tokens.remove(name);
            } else if (said.has(name)) {
                said.optToken(name).ifPresent(token -> tokens.put(name, token));
            }
        }
        said.optTokens(ADDITIONAL)
                .filter(all -> !all.isEmpty())
                .ifPresent(all -> tokens.put(ADDITIONAL, List.copyOf(all)));
    }
}
