package io.sinkstream.hub;

import io.sinkstream.hub.RemoteFolder.RemoteFile;
import io.sinkstream.settings.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Copies files of a folder, each from its start to its end. What is read is tried again, from where it was cut.
 *
 * @param draft the folder that they are copied to
 */
record FileCopy(RemoteFolder remote, Path draft, Surroundings surroundings, DownloadProgress progress) {
    private static final int BUFFER = 1 << 20;

    /** Copies one and returns what is in it. Throws UserException if it has another size than it was listed with. */
    CopyManifest.Content bring(RemoteFile file) throws IOException, InterruptedException {
        String what = remote.name() + "/" + file.name();
        Retries retries = new Retries(what, "begin again later", surroundings);
        MessageDigest digest = CopyManifest.sha256();
        byte[] buffer = new byte[BUFFER];
        long size = 0;
        try (OutputStream out = Files.newOutputStream(draft.resolve(file.name()))) {
            while (size < file.bytes()) {
                long before = size;
                try (InputStream in = remote.open(file.name(), size)) {
                    for (int read; size <= file.bytes() && (read = in.read(buffer)) >= 0; ) {
                        size += read;
                        digest.update(buffer, 0, read);
                        write(out, buffer, read);
                        progress.came(read);
                        if (Thread.interrupted()) {
                            // Files know nothing of it.
                            throw new InterruptedException();
                        }
                    }
                    if (size < file.bytes()) {
                        throw new EOFException("cut at byte " + size + " of " + file.bytes());
                    }
                } catch (IOException e) {
                    retries.after(e, size - before);
                }
            }
        }
        if (size > file.bytes()) {
            throw new UserException(what + ": has more than the " + file.bytes()
                    + " bytes that its file system says it has; is it still being written?");
        }
        return new CopyManifest.Content(size, HexFormat.of().formatHex(digest.digest()));
    }

    /** A disk that is full is not the other file system's fault. */
    private void write(OutputStream out, byte[] buffer, int length) {
        try {
            out.write(buffer, 0, length);
        } catch (IOException e) {
            throw new UserException(
                    draft + ": can't be written (" + e.getMessage()
                            + "); make room, or set XDG_CACHE_HOME to a folder with more",
                    e);
        }
    }
}
