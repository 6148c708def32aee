package io.sinkstream.checkpoint;

import io.sinkstream.settings.UserException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What stands in a checkpoint's folder in place of its large files if it was cloned without Git LFS. */
final class GitLfs {
    private static final byte[] POINTER =
            "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

    /** How many bytes of a file tell a pointer. */
    static final int HEAD = POINTER.length;

    private GitLfs() {}

    /** Throws UserException if a file that starts so is a pointer. */
    static void refusePointer(Path file, byte[] head) {
        if (head.length >= HEAD && ByteBuffer.wrap(head, 0, HEAD).equals(ByteBuffer.wrap(POINTER))) {
            throw new UserException(file + ": is a Git LFS pointer, not the file: run git lfs pull");
        }
    }
}
