package io.sinkstream.calibration;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How surprising the rows of one kind have been lately. They come in generations of as many rows as a {@link Recalibration} says. A
 * generation counts when it has ended, and those before it half as much from then on, so that no row is judged by its own
 * generation. Of ordinary rows that stay as they are, no more than the alarm rate is odd, whatever the weights (Barber, Candès,
 * Ramdas and Tibshirani, "Conformal prediction beyond exchangeability", 2023: a weighted rank, with the largest weight for the row
 * itself).
 *
 * <p>Odd rows are kept apart. In a generation that has no more of them than ordinary rows would, they are taken for what they are
 * and count in full. One that has more may be an outage, or the beginning of what will be ordinary. Its rows that were not odd are
 * a sample of the ordinary ones that is cut off at the alarm rate A: so its odd ones count as much as A of all, however many they
 * are, p = A p(odd) + (1 - A) p(not odd). What is odd of it stays odd by that. But if {@value #LASTING} generations in a row have
 * too many, the one in the middle was changed from its beginning to its end. That is no outage, and all of them count in full.
 *
 * <p>Not safe for several threads.
 */
final class RecentRows {
    /** Older ones than so many count no more: 1 / 256. */
    static final int GENERATIONS = 8;

    /** So many generations with too many odd rows are a change that lasts. */
    static final int LASTING = 3;

    /** The state's format. */
    private static final int VERSION = 1;

    private final Recalibration rule;
    private final OrdinaryRows first;

    /** Those that have ended, the newest first. */
    private final List<Generation> ended = new ArrayList<>();

    private Generation open = new Generation();
    private long number;
    private int unusual;
    private boolean isChanged;

    /** The number of the generation that was open when they were read or written last. */
    private long stored;

    /** Rows of a generation. */
    private static final class Generation {
        private final OrdinaryRows kept;
        private final OrdinaryRows odd;
        private boolean isWhole;
        private boolean isChanged;

        Generation() {
            this(new OrdinaryRows(), new OrdinaryRows());
        }

        private Generation(OrdinaryRows kept, OrdinaryRows odd) {
            this.kept = kept;
            this.odd = odd;
        }

        static Generation of(byte[] bytes) throws IOException {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
                byte[] kept = in.readNBytes(in.readInt());
                return new Generation(OrdinaryRows.of(kept), OrdinaryRows.of(in.readAllBytes()));
            }
        }

        byte[] bytes() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                byte[] first = kept.bytes();
                out.writeInt(first.length);
                out.write(first);
                out.write(odd.bytes());
            }
            return bytes.toByteArray();
        }

        long rows() {
            return kept.count() + odd.count();
        }

        /** What an odd row counts. */
        double oddWeight(double rate) {
            return isWhole || odd.count() == 0 ? 1 : Math.min(1, rate / (1 - rate) * kept.count() / odd.count());
        }
    }

    /** @param first the rows of the calibration's file; null if it has none of this kind */
    RecentRows(Recalibration rule, OrdinaryRows first) {
        this.rule = rule;
        this.first = first;
    }

    /** (1 + weight of rows at least as surprising) / (1 + weight of all); null as long as there are none. */
    Double pValue(float surprise) {
        double atLeast = 1;
        double all = 1;
        double weight = 1;
        for (Generation generation : ended) {
            double ofOdd = generation.oddWeight(rule.alarmRate());
            atLeast += weight * (generation.kept.atLeast(surprise) + ofOdd * generation.odd.atLeast(surprise));
            all += weight * (generation.kept.count() + ofOdd * generation.odd.count());
            weight /= 2;
        }
        if (first != null && first.count() > 0) {
            // As if all generations before the first one had been like it: a larger file would be forgotten more
            // slowly.
            double each =
                    Math.min(1, 2.0 * rule.rows() / first.count()) * Math.scalb(1.0, (int) -Math.min(number, 1_000));
            atLeast += each * first.atLeast(surprise);
            all += each * first.count();
        } else if (ended.isEmpty()) {
            return null;
        }
        return Math.min(1, atLeast / all);
    }

    /** Takes a row in that has been judged. */
    void add(float surprise, boolean isOdd) {
        (isOdd ? open.odd : open.kept).add(surprise);
        open.isChanged = true;
        isChanged = true;
        if (open.rows() >= rule.rows()) {
            end();
        }
    }

    private void end() {
        double expected = rule.alarmRate() * open.rows();
        // Twice what is expected is what a calibration may do by its own chance; the rest is the rows'.
        unusual = open.odd.count() > 2 * expected + 3 * Math.sqrt(expected) ? unusual + 1 : 0;
        open.isWhole = unusual == 0;
        ended.add(0, open);
        if (unusual >= LASTING) {
            ended.stream().limit(unusual).forEach(generation -> generation.isWhole = true);
        }
        if (ended.size() > GENERATIONS) {
            ended.remove(GENERATIONS);
        }
        open = new Generation();
        number++;
    }

    /** What is kept of a kind; as of the file alone if nothing is. */
    static RecentRows read(Recalibration rule, OrdinaryRows first, CalibrationPlace place) {
        RecentRows rows = new RecentRows(rule, first);
        byte[] head = place.read(-1);
        if (head != null) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(head))) {
                rows.read(in, place);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return rows;
    }

    private void read(DataInputStream in, CalibrationPlace place) throws IOException {
        int version = in.readUnsignedByte();
        if (version != VERSION) {
            throw new IOException("a renewed calibration of format " + version + ", and this version reads " + VERSION);
        }
        number = in.readLong();
        stored = number;
        unusual = in.readInt();
        int count = in.readUnsignedByte();
        for (int i = 1; i <= count; i++) {
            Generation generation = Generation.of(place.read(number - i));
            generation.isWhole = in.readBoolean();
            ended.add(generation);
        }
        byte[] last = place.read(number);
        if (last != null) {
            open = Generation.of(last);
        }
    }

    /** Writes what has changed since it was read. */
    void write(CalibrationPlace place) {
        if (!isChanged) {
            return;
        }
        isChanged = false;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeLong(number);
            out.writeInt(unusual);
            out.writeByte(ended.size());
            for (Generation generation : ended) {
                out.writeBoolean(generation.isWhole);
            }
            writeGenerations(place);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        place.write(-1, bytes.toByteArray());
    }

    private void writeGenerations(CalibrationPlace place) throws IOException {
        write(place, number, open);
        for (int i = 1; i <= ended.size(); i++) {
            write(place, number - i, ended.get(i - 1));
        }
        for (long old = Math.max(0, stored - GENERATIONS); old < number - GENERATIONS; old++) {
            place.remove(old);
        }
        stored = number;
    }

    private static void write(CalibrationPlace place, long number, Generation generation) throws IOException {
        if (generation.isChanged) {
            place.write(number, generation.bytes());
            generation.isChanged = false;
        }
    }
}
