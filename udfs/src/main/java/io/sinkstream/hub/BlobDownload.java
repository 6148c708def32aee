package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Brings files of a commit into the cache's blobs, where only what was checked has its name. */
final class BlobDownload {
    private static final int BUFFER = 1 << 16;

    private final HubClient client;
    private final HubCache cache;
    private final HubName commit;
    private final Surroundings surroundings;
    private final DownloadProgress progress;

    BlobDownload(
            HubClient client, HubCache cache, HubName commit, Surroundings surroundings, DownloadProgress progress) {
        this.client = client;
        this.cache = cache;
        this.commit = commit;
        this.surroundings = surroundings;
        this.progress = progress;
    }

    /** Has the file among the blobs. Of several who want it one downloads and the others wait. */
    void bring(HubFile file) throws IOException, InterruptedException {
        Path blob = cache.blob(file.etag());
        if (!Files.exists(blob)) {
            Files.createDirectories(blob.getParent());
            MachineLock lock = cache.lock(file.etag());
            try {
                if (!Files.exists(blob)) {
                    Path partial = cache.partial(file.etag());
                    complete(file, partial);
                    Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE);
                    return;
                }
            } finally {
                lock.close();
            }
        }
        progress.found(file.bytes());
    }

    private void complete(HubFile file, Path partial) throws IOException, InterruptedException {
        long found = size(partial);
        progress.found(found);
        Retries retries = new Retries(commit + ": " + file.name() + " from " + client.endpoint(), surroundings);
        boolean isResumed = found > 0;
        while (true) {
            long here = size(partial);
            try {
                if (here < file.bytes() || here == 0) {
                    append(file, partial, here);
                }
            } catch (IOException e) {
                retries.after(e, size(partial) - here);
                isResumed = true;
                continue;
            }
            if (size(partial) == file.bytes() && file.isIn(partial)) {
                return;
            }
            progress.found(-size(partial));
            Files.delete(partial);
            if (!isResumed) {
                throw new UserException(commit + ": " + file.name() + " from " + client.endpoint() + " is not what its"
                        + " hash, " + file.etag() + ", says; begin again, or check HF_ENDPOINT");
            }
            // What lay here may have been wrong.
            isResumed = false;
        }
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private void append(HubFile file, Path partial, long here) throws IOException, InterruptedException {
        requireRoom(file, partial, here);
        HttpResponse<InputStream> response = client.content(commit, file.name(), here);
        try (InputStream body = new StallGuard(response.body(), client.patience())) {
            boolean goesOn = response.statusCode() == 206
                    && response.headers().firstValue("Content-Range").orElse("").startsWith("bytes " + here + "-");
            if (here > 0 && !goesOn) {
                Files.delete(partial);
                progress.found(-here);
                if (response.statusCode() != 200) {
                    throw new IOException("it does not go on at byte " + here);
                }
                here = 0;
            }
            write(file, partial, here, body);
        }
    }

    private void write(HubFile file, Path partial, long here, InputStream body) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long size = here;
        try (OutputStream out = open(partial)) {
            for (int read; (read = body.read(buffer)) >= 0; ) {
                size += read;
                if (size > file.bytes()) {
                    throw new UserException(commit + ": " + file.name() + " from " + client.endpoint()
                            + " has more than the " + file.bytes() + " bytes that the hub says it has");
                }
                write(out, buffer, read, partial);
                progress.came(read);
            }
        }
        if (size < file.bytes()) {
            throw new EOFException("cut at byte " + size + " of " + file.bytes());
        }
    }

    private static OutputStream open(Path partial) {
        try {
            return Files.newOutputStream(partial, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw unwritable(partial, e);
        }
    }

    /** A disk that is full is not the network's fault. */
    private static void write(OutputStream out, byte[] buffer, int length, Path partial) {
        try {
            out.write(buffer, 0, length);
        } catch (IOException e) {
            throw unwritable(partial, e);
        }
    }

    private static UserException unwritable(Path partial, IOException cause) {
        return new UserException(
                partial + ": can't be written (" + cause.getMessage()
                        + "); make room, or set HF_HOME to a folder with more; what came is kept",
                cause);
    }

    private void requireRoom(HubFile file, Path partial, long here) throws IOException {
        long free = surroundings.freeBytes(partial.getParent());
        if (free < file.bytes() - here) {
            throw new UserException(commit + ": " + file.name() + " takes " + (file.bytes() - here)
                    + " more bytes, and " + partial.getParent() + " has room for " + free
                    + "; make room, or set HF_HOME to a folder with more");
        }
    }
}
