package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One model's part of the cache, in the layout of {@code huggingface_hub}: {@code blobs} by hash, {@code snapshots} of a
 * commit that are links to blobs, {@code refs} from branches and tags to commits, {@code .no_exist} for files that a commit
 * is known not to have.
 */
public final class HubCache {
    private static final Pattern REFERENCE = Pattern.compile("[0-9A-Za-z_-]{1,64}");

    private final Path folder;
    private final Path locks;

    /** @param cache the folder of all models */
    public HubCache(Path cache, HubName name) {
        String model = "models--" + name.repository().replace("/", "--");
        this.folder = cache.resolve(model);
        this.locks = cache.resolve(".locks").resolve(model);
    }

    /** Where a commit's files are, or would be. */
    public Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    /** The commit that the cache has for a branch, a tag or a commit. Throws UserException if what it says is none. */
    public Optional<String> commit(String revision) {
        // Nested, a revision is a branch or a pull request, never a commit.
        if (!revision.contains("/") && Files.isDirectory(snapshot(revision))) {
            return Optional.of(revision);
        }
        Path ref = reference(revision);
        return Files.isRegularFile(ref) ? Optional.of(read(ref)) : Optional.empty();
    }

    /** Where a branch or tag has its commit written. */
    public Path reference(String revision) {
        return folder.resolve("refs").resolve(revision);
    }

    private static String read(Path ref) {
        String commit;
        try (InputStream in = Files.newInputStream(ref)) {
            commit = new String(in.readNBytes(256), UTF_8).strip();
        } catch (IOException e) {
            throw new UserException(ref + ": cannot be read (" + e.getClass().getSimpleName() + ")", e);
        }
        if (!REFERENCE.matcher(commit).matches()) {
            throw new UserException(ref + ": holds \"" + commit.replaceAll("[^\\x20-\\x7e]", " ")
                    + "\"; expected a commit; the cache is damaged: download the model again");
        }
        return commit;
    }

    /** Whether a commit is known not to have this file. */
    public boolean isAbsent(String commit, String file) {
        return Files.exists(absent(commit, file));
    }

    private Path absent(String commit, String file) {
        return folder.resolve(".no_exist").resolve(commit).resolve(file);
    }

    Path blob(String etag) {
        return folder.resolve("blobs").resolve(etag);
    }

    /** Beside Python's {@code .incomplete}: its lock is of another kind, so that the two would not keep each other out. */
    Path partial(String etag) {
        return folder.resolve("blobs").resolve(etag + ".sinkstream.incomplete");
    }

    MachineLock lock(String etag) throws IOException, InterruptedException {
        return MachineLock.take(locks.resolve(etag + ".lock"));
    }

    /** Puts a blob into a commit's folder. */
    void link(String commit, HubFile file) throws IOException {
        Path pointer = snapshot(commit).resolve(file.name());
        Files.createDirectories(pointer.getParent());
        try {
            Files.createSymbolicLink(pointer, pointer.getParent().relativize(blob(file.etag())));
        } catch (FileAlreadyExistsException e) {
            // A link whose blob was deleted leads to the new one; who was faster made the same.
        }
    }

    /** Writes down which of these files a commit lacks. */
    void writeAbsent(String commit, Set<String> files) throws IOException {
        for (String file : files) {
            Path mark = absent(commit, file);
            Files.createDirectories(mark.getParent());
            try {
                Files.createFile(mark);
            } catch (FileAlreadyExistsException e) {
                // Known before.
            }
        }
    }

    /** Writes down which commit a branch or tag is. */
    void writeReference(String revision, String commit) throws IOException {
        Path ref = reference(revision);
        Files.createDirectories(ref.getParent());
        Path draft = Files.createTempFile(Files.createDirectories(locks), "ref", "");
        try {
            Files.writeString(draft, commit);
            Files.move(draft, ref, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }
}
