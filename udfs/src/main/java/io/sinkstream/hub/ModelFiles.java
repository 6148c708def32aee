package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which files of a model are brought: those that are read, of which none is code or a pickle. */
final class ModelFiles {
    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    /** What a checkpoint may have beside its weights; an adapter's so that it is refused. */
    static final List<String> SMALL = List.of(
            CONFIG,
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "chat_template.jinja",
            "adapter_config.json");

    private ModelFiles() {}

    /** Those of {@link #SMALL} that are among {@code there}. */
    static Set<String> small(Collection<String> there) {
        Set<String> small = new LinkedHashSet<>(SMALL);
        small.retainAll(there);
        return small;
    }

    /**
     * Checks that a checkpoint is among these files.
     *
     * @param what has them, as the message starts
     * @param advice what to do where there are no safetensors
     */
    static void requireSafetensors(Collection<String> there, String what, String advice) {
        if (!there.contains(CONFIG)) {
            throw new UserException(what + " has no " + CONFIG + "; expected a Hugging Face checkpoint");
        }
        if (!there.contains(WEIGHTS) && !there.contains(INDEX)) {
            boolean isPickle = there.stream().anyMatch(file -> file.matches("[^/]*\\.(bin|pt|pth|ckpt)"));
            throw new UserException(what + " has no " + WEIGHTS + " and no " + INDEX
                    + (isPickle ? ", only pickle, which can run code when it is read and is never downloaded" : "")
                    + "; " + advice);
        }
    }
}
