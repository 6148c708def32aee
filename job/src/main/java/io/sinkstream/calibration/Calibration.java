package io.sinkstream.calibration;

import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * How surprising rows are that are known to be ordinary, by kind: what others are judged by. Made by a run of {@code score
 * --calibration-output}.
 *
 * @param terms what rows have to have in common with these
 * @param kinds those of each kind; of {@link #ALL} if rows are of one
 * @param streams what streams are judged by as a whole; null where that is their rows
 */
public record Calibration(CalibrationTerms terms, Map<String, OrdinaryRows> kinds, OrdinaryStreams streams)
        implements Serializable {
    /** The kind of rows that are all of one. */
    static final String ALL = "";

    /** A calibration is a sketch a kind: a larger file is none. */
    private static final int MOST_BYTES = 256 << 20;

    private static final int FINGERPRINT_BYTES = 8;

    /** Copies the map. */
    public Calibration(CalibrationTerms terms, Map<String, OrdinaryRows> kinds, OrdinaryStreams streams) {
        this.terms = terms;
        this.kinds = new TreeMap<>(kinds);
        this.streams = streams;
    }

    /** Of rows alone. */
    public Calibration(CalibrationTerms terms, Map<String, OrdinaryRows> kinds) {
        this(terms, kinds, null);
    }

    /**
     * The calibration in this file.
     *
     * @throws UserException if it is none, or can't be read
     */
    public static Calibration read(Configuration conf, String path) {
        try {
            Path file = new Path(path);
            try (InputStream in = file.getFileSystem(conf).open(file)) {
                byte[] bytes = in.readNBytes(MOST_BYTES);
                Calibration read = CalibrationFile.parse(new String(bytes, StandardCharsets.UTF_8));
                if (read.rows() == 0) {
                    throw new UserException(
                            OddSettings.CALIBRATE + ": " + path + " is of no rows; nothing can be judged" + " by it");
                }
                return read;
            }
        } catch (CalibrationFile.Malformed e) {
            throw new UserException(
                    OddSettings.CALIBRATE + ": " + path + " is no calibration: " + e.getMessage()
                            + "; allowed is a file of " + OddSettings.CALIBRATION_OUTPUT,
                    e);
        } catch (IOException | IllegalArgumentException e) {
            throw new UserException(OddSettings.CALIBRATE + ": " + path + " can't be read: " + e.getMessage(), e);
        }
    }

    /** Writes it to this file, in the place of another. */
    public void write(Configuration conf, String path) {
        try {
            Path file = new Path(path);
            try (OutputStream out = file.getFileSystem(conf).create(file, true)) {
                out.write(CalibrationFile.text(this).getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tells one that was read from others; a sketch that was never written has other bytes. */
    String fingerprint() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(CalibrationFile.text(this).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, FINGERPRINT_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /** How many rows it is of. */
    public long rows() {
        return kinds.values().stream().mapToLong(OrdinaryRows::count).sum();
    }

    /** The kinds of which there are fewer rows, by name. */
    List<String> kindsBelow(long rows) {
        return kinds.entrySet().stream()
                .filter(kind -> kind.getValue().count() < rows)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The most of one kind. */
    long mostRows() {
        return kinds.values().stream().mapToLong(OrdinaryRows::count).max().orElse(0);
    }

    /** The share of ordinary rows of this kind that are at least as surprising; null if there are none of it. */
    Double pValue(String kind, float surprise) {
        OrdinaryRows rows = kinds.get(kind);
        return rows == null ? null : (Double) rows.pValue(surprise);
    }
}
