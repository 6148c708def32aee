package io.sinkstream.checkpoint;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** From what a user calls a model to the local folder that holds it. Downloads nothing. */
public final class ModelLocation {
    /** {@code org/name} or {@code name}, then {@code @revision}: a branch, a tag or a commit. */
    private static final Pattern HUB_NAME =
            Pattern.compile("(?<name>[A-Za-z0-9][\\w.-]*(?:/[A-Za-z0-9][\\w.-]*)?)(?:@(?<revision>[\\w][\\w./-]*))?");

    /** Two letters at least, so that {@code C:/models} is a folder. */
    private static final Pattern URI_SCHEME = Pattern.compile("(?<scheme>[A-Za-z][A-Za-z0-9+.-]+):/.*");

    private static final Pattern COMMIT = Pattern.compile("[0-9A-Za-z_-]{1,64}");

    private ModelLocation() {}

    /**
     * The folder of a model, which is one of
     *
     * <ul>
     *   <li>a local folder, also as a {@code file:} URI or with a leading {@code ~/};
     *   <li>a Hugging Face name, {@code org/name} or {@code org/name@revision} (default {@code main}), that is in the
     *       local cache: {@code HF_HUB_CACHE}, else {@code HF_HOME/hub}, else
     *       {@code XDG_CACHE_HOME/huggingface/hub}, else {@code ~/.cache/huggingface/hub};
     *   <li>{@code builtin}, the small one that is part of this library, unpacked into {@code XDG_CACHE_HOME/sinkstream}, else
     *       {@code ~/.cache/sinkstream}.
     * </ul>
     *
     * A folder wins over a name. Whether it holds a checkpoint is for {@link Checkpoint#open} to say.
     *
     * @param model as the user wrote it
     * @param environment the process's environment variables
     * @throws UserException if there is none, naming the places that were looked at and what to do
     */
    public static Path resolve(String model, Map<String, String> environment) {
        return resolve(Settings.MODEL, model, environment);
    }

    /** The same, of a model that another setting names. */
    public static Path resolve(Setting<String> setting, String model, Map<String, String> environment) {
        String option = setting + " " + Shown.quoted(model);
        if (model.isBlank()) {
            throw new UserException(option + ": is empty; expected a checkpoint's folder or a Hugging Face name");
        }
        Path folder = folder(model, option, environment);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        if (Files.exists(folder)) {
            throw new UserException(option + ": is a file; expected the folder that holds it");
        }
        if (model.equals(BuiltinModel.NAME)) {
            return BuiltinModel.folder(caches(environment));
        }
        List<Path> lookedAt = new ArrayList<>(List.of(folder.toAbsolutePath()));
        Matcher name = HUB_NAME.matcher(model);
        if (name.matches() && !model.contains("..")) {
            Path cached =
                    cache(environment).resolve("models--" + name.group("name").replace("/", "--"));
            String revision = Optional.ofNullable(name.group("revision")).orElse("main");
            Path snapshots = cached.resolve("snapshots");
            // Nested, a revision is a branch or a pull request, never a commit.
            if (!revision.contains("/") && Files.isDirectory(snapshots.resolve(revision))) {
                return snapshots.resolve(revision);
            }
            Path ref = cached.resolve("refs").resolve(revision);
            lookedAt.add(ref);
            if (Files.isRegularFile(ref)) {
                Path snapshot = snapshots.resolve(commit(ref));
                lookedAt.add(snapshot);
                if (Files.isDirectory(snapshot)) {
                    return snapshot;
                }
            }
        }
        String advice = lookedAt.size() == 1
                ? "expected a checkpoint's folder or a Hugging Face name, org/name"
                : "download it with \"hf download " + Shown.plain(name.group("name")) + "\" on every machine,"
                        + " or give a checkpoint's folder";
        throw new UserException(option + ": no such model; looked at "
                + String.join(", ", lookedAt.stream().map(Path::toString).toList()) + "; " + advice);
    }

    private static Path folder(String model, String option, Map<String, String> environment) {
        try {
            Matcher uri = URI_SCHEME.matcher(model);
            if (!uri.matches()) {
                return model.startsWith("~/") ? home(environment).resolve(model.substring(2)) : Path.of(model);
            }
            if (uri.group("scheme").equalsIgnoreCase("file")) {
                return Path.of(URI.create(model));
            }
        } catch (IllegalArgumentException | FileSystemNotFoundException e) {
            throw new UserException(
                    option + ": is no path (" + Shown.firstLine(e) + "); expected a checkpoint's folder", e);
        }
        throw new UserException(option + ": URIs such as hdfs:// and s3a:// are not supported yet; copy it to a local"
                + " folder present on every machine and give that folder");
    }

    /** The rules of {@code huggingface_hub/constants.py}: the first that is set is the only one. */
    private static Path cache(Map<String, String> environment) {
        for (String variable : List.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) {
            Optional<Path> cache = directory(environment, variable);
            if (cache.isPresent()) {
                return cache.get();
            }
        }
        return directory(environment, "HF_HOME")
                .orElseGet(() -> caches(environment).resolve("huggingface"))
                .resolve("hub");
    }

    /** Where programs of this user keep what they can make again. */
    private static Path caches(Map<String, String> environment) {
        return directory(environment, "XDG_CACHE_HOME")
                .orElseGet(() -> home(environment).resolve(".cache"));
    }

    private static Optional<Path> directory(Map<String, String> environment, String variable) {
        String value = environment.getOrDefault(variable, "");
        if (value.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(value.startsWith("~/") ? home(environment).resolve(value.substring(2)) : Path.of(value));
        } catch (InvalidPathException e) {
            throw new UserException(
                    "environment variable " + variable + " is " + Shown.quoted(value) + "; expected a folder", e);
        }
    }

    private static Path home(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
    }

    private static String commit(Path ref) {
        String commit;
        try (InputStream in = Files.newInputStream(ref)) {
            commit = new String(in.readNBytes(256), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw Shown.unreadable(ref, e);
        }
        if (!COMMIT.matcher(commit).matches()) {
            throw new UserException(ref + ": holds " + Shown.quoted(commit)
                    + "; expected a commit; the cache is damaged: download the model again");
        }
        return commit;
    }
}
