package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A file of a commit.
 *
 * @param name in the model's folder
 * @param etag what it is called among the cache's blobs, which is what is in it: a SHA-256, or a SHA-1 as git makes it
 * @param bytes how large it is
 */
record HubFile(String name, String etag, long bytes) {
    private static final Pattern SHA_1 = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER = 1 << 20;

    HubFile {
        // It becomes a file's name.
        if (!SHA_1.matcher(etag).matches() && !SHA_256.matcher(etag).matches()) {
            throw new UserException(name + ": the hub gives no hash of it as X-Linked-Etag or ETag; expected a SHA-256,"
                    + " or a SHA-1 as git makes it");
        }
        if (bytes < 0) {
            throw new UserException(name + ": the hub does not say how large it is");
        }
    }

    /** Whether this is in that file, which has as many bytes. */
    boolean isIn(Path file) throws IOException {
        boolean isGit = etag.length() == 40;
        MessageDigest digest = digest(isGit ? "SHA-1" : "SHA-256");
        if (isGit) {
            digest.update(("blob " + bytes + "\0").getBytes(US_ASCII));
        }
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read; (read = in.read(buffer)) > 0; ) {
                digest.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest()).equals(etag);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has " + algorithm, e);
        }
    }
}
