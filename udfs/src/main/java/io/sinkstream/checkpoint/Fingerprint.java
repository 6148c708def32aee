package io.sinkstream.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** A SHA-256 of what a model is made of. */
final class Fingerprint {
    private static final int SAMPLE = 256;

    private final MessageDigest digest;

    Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    Fingerprint text(String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** A whole file, or nothing where there is none. */
    Fingerprint content(Optional<Path> file) {
        file.ifPresent(there -> {
            try {
                digest.update(Files.readAllBytes(there));
            } catch (IOException e) {
                throw Shown.unreadable(there, e);
            }
        });
        return this;
    }

    /** What the tensor is called, its form, and {@value #SAMPLE} bytes from its middle. */
    Fingerprint tensor(TensorHeader tensor) {
        text(tensor.name() + tensor.type() + tensor.shape());
        ByteBuffer sample = ByteBuffer.allocate((int) Math.min(SAMPLE, tensor.bytes()));
        try (FileChannel channel = FileChannel.open(tensor.file())) {
            long from = tensor.offset() + (tensor.bytes() - sample.capacity()) / 2;
            while (sample.hasRemaining() && channel.read(sample, from + sample.position()) > 0) {}
        } catch (IOException e) {
            throw Shown.unreadable(tensor.file(), e);
        }
        digest.update(sample.array());
        return this;
    }

    /** In hexadecimal; ends it. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
