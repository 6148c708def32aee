package io.sinkstream.hub;

import static io.sinkstream.hub.ModelFiles.INDEX;
import static io.sinkstream.hub.ModelFiles.WEIGHTS;

import io.sinkstream.hub.RemoteFolder.RemoteFile;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of models from file systems that weights can't be mapped from, one a machine and user: {@code sinkstream/models} in
 * {@code XDG_CACHE_HOME} or {@code ~/.cache}. A copy's name is the hash of what is in it, so that it never changes, and whoever has
 * the hash gets these bytes or none. It gets its name when all of it is there; of several processes that want it one copies and
 * the others wait. One that was killed leaves a folder that the next one begins anew.
 */
public final class ModelCopies {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCopies.class);

    private final Path folder;
    private final Function<Path, Collection<String>> shards;
    private final Surroundings surroundings;

    /**
     * The copies of this machine's user.
     *
     * @param caches the user's folder of caches
     * @param shards reads which files an index of shards names, each a plain name
     */
    public ModelCopies(Path caches, Function<Path, Collection<String>> shards) {
        this(caches, shards, Surroundings.REAL);
    }

    ModelCopies(Path caches, Function<Path, Collection<String>> shards, Surroundings surroundings) {
        this.folder = caches.toAbsolutePath().resolve("sinkstream").resolve("models");
        this.shards = shards;
        this.surroundings = surroundings;
    }

    /** The copy with this hash, if it is here in full. */
    public Optional<Path> find(String hash) {
        Path copy = folder.resolve(hash);
        try {
            return CopyManifest.isIn(copy, hash) ? Optional.of(copy) : Optional.empty();
        } catch (IOException e) {
            throw unusable(copy.toString(), e);
        }
    }

    /**
     * The copy of what {@code remote} holds now, made if it is not here. Its files are listed, and read only if one is of another
     * size or version than when they were copied.
     *
     * @return the folder of the copy, whose name is its hash
     * @throws UserException if it holds no checkpoint or can't be copied
     */
    public Path of(RemoteFolder remote) {
        return guarded(remote, () -> {
            Map<String, RemoteFile> there = list(remote);
            Path known = known(remote, there);
            Optional<Path> found = found(known);
            if (found.isPresent()) {
                return found.get();
            }
            return locked(remote, () -> {
                Optional<Path> made = found(known);
                if (made.isPresent()) {
                    return made.get();
                }
                Path copy = copied(remote, there, Optional.empty());
                writeWhole(known, copy.getFileName().toString());
                return copy;
            });
        });
    }

    /**
     * The copy with this hash, made of {@code remote} if it is not here.
     *
     * @throws UserException also if it holds something else by now
     */
    public Path of(RemoteFolder remote, String hash) {
        Optional<Path> found = find(hash);
        return found.orElseGet(() -> guarded(
                remote,
                () -> locked(remote, () -> {
                    Optional<Path> made = find(hash);
                    return made.isPresent() ? made.get() : copied(remote, list(remote), Optional.of(hash));
                })));
    }

    private Path guarded(RemoteFolder remote, FileWork<Path> copying) {
        return copying.done("a copy", e -> unusable(remote.name(), e));
    }

    private UserException unusable(String what, IOException cause) {
        return new UserException(
                what + ": can't be copied into " + folder + " (" + cause
                        + "); expected a folder that can be written and has locks (XDG_CACHE_HOME)",
                cause);
    }

    private Map<String, RemoteFile> list(RemoteFolder remote) throws InterruptedException {
        return new Retries(remote.name(), "begin again later", surroundings).send(() -> remote.files().stream()
                .collect(Collectors.toMap(RemoteFile::name, file -> file, (one, other) -> one, TreeMap::new)));
    }

    /** The file that says which copy is of these files. */
    private Path known(RemoteFolder remote, Map<String, RemoteFile> there) {
        return folder.resolve(".known").resolve(CopyManifest.hash(remote.name() + "\n" + there.values()));
    }

    private Optional<Path> found(Path known) throws IOException {
        if (!Files.isRegularFile(known)) {
            return Optional.empty();
        }
        String hash = Files.readString(known);
        return hash.matches("[0-9a-f]{64}") ? find(hash) : Optional.empty();
    }

    private Path locked(RemoteFolder remote, FileWork<Path> copying) throws IOException, InterruptedException {
        MachineLock lock = MachineLock.take(folder.resolve(".locks").resolve(CopyManifest.hash(remote.name())));
        try {
            return copying.run();
        } finally {
            lock.close();
        }
    }

    /** Copies, under the lock. */
    private Path copied(RemoteFolder remote, Map<String, RemoteFile> there, Optional<String> expected)
            throws IOException, InterruptedException {
        ModelFiles.requireSafetensors(there.keySet(), remote.name(), "save the model as safetensors");
        Path draft = folder.resolve("." + CopyManifest.hash(remote.name()) + ".incomplete");
        delete(draft);
        Files.createDirectories(draft);
        try {
            CopyManifest manifest = fill(draft, remote, there);
            String hash = manifest.hash();
            if (expected.isPresent()
                    ? !expected.get().equals(hash)
                    : !list(remote).equals(there)) {
                throw new UserException(remote.name() + ": has changed since the run began; begin again, and give each"
                        + " version of a model a folder of its own");
            }
            manifest.write(draft);
            Path copy = folder.resolve(hash);
            if (find(hash).isEmpty()) {
                // What is there under its name has lost a part of itself.
                delete(copy);
                Files.move(draft, copy, StandardCopyOption.ATOMIC_MOVE);
            }
            return copy;
        } finally {
            delete(draft);
        }
    }

    private CopyManifest fill(Path draft, RemoteFolder remote, Map<String, RemoteFile> there)
            throws IOException, InterruptedException {
        Set<String> needed = ModelFiles.small(there.keySet());
        if (there.containsKey(WEIGHTS)) {
            needed.add(WEIGHTS);
        } else {
            RemoteFile index = there.get(INDEX);
            DownloadProgress silent = new DownloadProgress(remote.name(), index.bytes(), System::nanoTime, line -> {});
            new FileCopy(remote, draft, surroundings, silent).bring(index);
            needed.add(INDEX);
            needed.addAll(shards.apply(draft.resolve(INDEX)));
        }
        for (String file : needed) {
            if (!there.containsKey(file)) {
                throw new UserException(remote.name() + ": has no " + file + ", which its " + INDEX + " names");
            }
        }
        long total = needed.stream().mapToLong(file -> there.get(file).bytes()).sum();
        requireRoom(remote, draft, total);
        DownloadProgress progress = new DownloadProgress(remote.name(), total, System::nanoTime, LOG::info);
        FileCopy copy = new FileCopy(remote, draft, surroundings, progress);
        Map<String, CopyManifest.Content> contents = new HashMap<>();
        for (String file : needed) {
            contents.put(file, copy.bring(there.get(file)));
        }
        progress.end();
        return new CopyManifest(contents);
    }

    private void requireRoom(RemoteFolder remote, Path draft, long total) throws IOException {
        long free = surroundings.freeBytes(draft);
        if (free < total) {
            throw new UserException(remote.name() + " takes " + total + " bytes, and " + folder + " has room for "
                    + free + "; make room, or set XDG_CACHE_HOME to a folder with more");
        }
    }

    private static void writeWhole(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Path draft = Files.createTempFile(file.getParent(), "", ".draft");
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
