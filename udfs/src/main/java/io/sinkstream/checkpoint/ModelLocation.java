package io.sinkstream.checkpoint;

import io.sinkstream.hub.Hub;
import io.sinkstream.hub.HubCache;
import io.sinkstream.hub.HubEnvironment;
import io.sinkstream.hub.HubName;
import io.sinkstream.hub.ModelCopies;
import io.sinkstream.hub.UserFolders;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From what a user calls a model to the local folder that holds it, which a model of the hub is downloaded to. */
public final class ModelLocation {
    private static final Logger LOG = LoggerFactory.getLogger(ModelLocation.class);

    /** Two letters at least, so that {@code C:/models} is a folder. */
    private static final Pattern URI_SCHEME = Pattern.compile("(?<scheme>[A-Za-z][A-Za-z0-9+.-]+):/.*");

    private ModelLocation() {}

    /**
     * The folder of a model, which is one of
     *
     * <ul>
     *   <li>a local folder, also as a {@code file:} URI or with a leading {@code ~/};
     *   <li>a Hugging Face name, {@code org/name} or {@code org/name@revision} (default {@code main}): what the local cache has
     *       for it, and what it lacks of that from the hub ({@link HubEnvironment});
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
            return BuiltinModel.folder(new UserFolders(environment).caches());
        }
        return HubName.of(model)
                .map(name -> cached(name, option, folder, new HubEnvironment(environment)))
                .orElseThrow(() -> nowhere(
                        option,
                        List.of(folder.toAbsolutePath()),
                        "expected a checkpoint's folder or a Hugging Face name, org/name"));
    }

    /** Whether a model is called by the address of a folder on another file system, {@code hdfs:///models/m}. */
    public static boolean isElsewhere(String model) {
        Matcher uri = URI_SCHEME.matcher(model);
        return uri.matches() && !uri.group("scheme").equalsIgnoreCase("file");
    }

    /** Where models of other file systems are copied to. */
    public static ModelCopies copies(Map<String, String> environment) {
        return new ModelCopies(new UserFolders(environment).caches(), ModelLocation::shards);
    }

    private static Collection<String> shards(Path index) {
        return ShardIndex.read(index).shards().values();
    }

    /**
     * What other machines find the same model by: a name of the hub with the commit that {@code folder}, where it was found,
     * is of; anything else as it is.
     */
    public static String pinned(String model, Path folder) {
        Path snapshots = folder.getParent();
        boolean isSnapshot = snapshots != null && snapshots.endsWith("snapshots") && !folder.endsWith(Path.of(model));
        return HubName.of(model)
                .filter(name -> isSnapshot)
                .map(name -> name.at(folder.getFileName().toString()).toString())
                .orElse(model);
    }

    /**
     * The model with a revision that was given beside it.
     *
     * @throws UserException if it is none of the hub, or names a revision itself
     */
    public static String at(String model, String revision) {
        boolean hasRevisions = HubName.of(model)
                .filter(name -> !model.contains("@") && !model.equals(BuiltinModel.NAME))
                .isPresent();
        String both = model + "@" + revision;
        if (!hasRevisions) {
            throw new UserException(Settings.REVISION + " " + Shown.quoted(revision) + ": " + Settings.MODEL + " is "
                    + Shown.quoted(model) + "; expected a Hugging Face name without a revision, org/name");
        }
        if (HubName.of(both).isEmpty()) {
            throw new UserException(
                    Settings.REVISION + " " + Shown.quoted(revision) + ": expected a branch, a tag or a commit");
        }
        return both;
    }

    private static Path cached(HubName name, String option, Path folder, HubEnvironment environment) {
        HubCache cache = new HubCache(environment.cache(), name);
        Optional<HubName> known = cache.commit(name.revision()).map(name::at);
        Optional<Path> there =
                known.map(commit -> cache.snapshot(commit.revision())).filter(Files::isDirectory);
        Hub hub = new Hub(environment, ModelLocation::shards);
        boolean isAsked = name.isDownloadable() && !environment.isOffline();
        if (there.isPresent() && (!isAsked || hub.isComplete(known.get()))) {
            return there.get();
        }
        if (isAsked) {
            return downloaded(known.orElse(name), option, cache, hub);
        }
        List<Path> lookedAt = new ArrayList<>(List.of(folder.toAbsolutePath(), cache.reference(name.revision())));
        known.ifPresent(commit -> lookedAt.add(cache.snapshot(commit.revision())));
        throw nowhere(
                option,
                lookedAt,
                (name.isDownloadable() ? "HF_HUB_OFFLINE is set: " : "") + "download it with \"hf download "
                        + name.repository() + "\" on every machine, or give a checkpoint's folder");
    }

    private static Path downloaded(HubName name, String option, HubCache cache, Hub hub) {
        try {
            return cache.snapshot(hub.download(name).revision());
        } catch (UserException e) {
            if (hub.isUsable(name)) {
                LOG.warn("{}: what the cache has is taken: {}", name, e.getMessage());
                return cache.snapshot(name.revision());
            }
            throw new UserException(option + ": " + e.getMessage(), e);
        }
    }

    private static UserException nowhere(String option, List<Path> lookedAt, String advice) {
        return new UserException(option + ": no such model; looked at "
                + String.join(", ", lookedAt.stream().map(Path::toString).toList()) + "; " + advice);
    }

    private static Path folder(String model, String option, Map<String, String> environment) {
        try {
            Matcher uri = URI_SCHEME.matcher(model);
            if (!uri.matches()) {
                return model.startsWith("~/")
                        ? new UserFolders(environment).home().resolve(model.substring(2))
                        : Path.of(model);
            }
            if (uri.group("scheme").equalsIgnoreCase("file")) {
                return Path.of(URI.create(model));
            }
        } catch (IllegalArgumentException | FileSystemNotFoundException e) {
            throw new UserException(
                    option + ": is no path (" + Shown.firstLine(e) + "); expected a checkpoint's folder", e);
        }
        throw new UserException(option + ": lies on another file system, which only commands and programs on Spark copy"
                + " from; give a local folder");
    }
}
