package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a copy of a model's folder holds. It is written beside the files, a line each, when all of them are there.
 *
 * @param files what is in each, by its name
 */
record CopyManifest(SortedMap<String, Content> files) {
    private static final String FILE = ".sinkstream";

    /**
     * What is in a file.
     *
     * @param bytes how large it is
     * @param hash its SHA-256
     */
    record Content(long bytes, String hash) {}

    CopyManifest(Map<String, Content> files) {
        this(new TreeMap<>(files));
    }

    /** A SHA-256 that is another one if a file's name or content is. */
    String hash() {
        return hash(text());
    }

    static String hash(String text) {
        return HexFormat.of().formatHex(sha256().digest(text.getBytes(UTF_8)));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    private String text() {
        return files.entrySet().stream()
                .map(file -> file.getValue().hash() + " " + file.getValue().bytes() + " " + file.getKey() + "\n")
                .collect(Collectors.joining());
    }

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve(FILE), text());
    }

    /** Whether a folder holds a copy of this hash, and each of its files is as large as it was. */
    static boolean isIn(Path folder, String hash) throws IOException {
        Path manifest = folder.resolve(FILE);
        if (!Files.isRegularFile(manifest)) {
            return false;
        }
        String text = Files.readString(manifest);
        if (!hash(text).equals(hash)) {
            return false;
        }
        for (String line : text.lines().toList()) {
            String[] parts = line.split(" ", 3);
            Path file = folder.resolve(parts[2]);
            if (!Files.isRegularFile(file) || Files.size(file) != Long.parseLong(parts[1])) {
                return false;
            }
        }
        return true;
    }
}
