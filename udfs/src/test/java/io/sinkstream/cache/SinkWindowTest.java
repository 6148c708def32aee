package io.sinkstream.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * The plans of chunks against slots that are really written and read: every slot is a number, the token it holds, and
 * the decoder's two ways to run a chunk are played on them.
 */
class SinkWindowTest {

    /** A cache whose slots hold token positions; -1 is a slot never written. */
    private static final class Slots {
        private final SinkWindow rule;
        private final long[] masters;
        private final long[] ring;
        private long first;
        private long end;

        Slots(SinkWindow rule) {
            this.rule = rule;
            this.masters = filled(rule.sinks());
            this.ring = filled(rule.window() + 1);
            this.first = rule.sinks();
        }

        private static long[] filled(int size) {
            long[] slots = new long[size];
            Arrays.fill(slots, -1);
            return slots;
        }

        ChunkPlan plan(int rows) {
            return rule.plan(first, end, rows);
        }

        /** The keys in the order in which a chunk of several rows reads the ring. */
        List<Long> read(ChunkPlan plan) {
            List<Long> keys = new ArrayList<>();
            for (int i = 0; i < plan.readStraight(); i++) {
                keys.add(ring[plan.readSlot() + i]);
            }
            for (int i = 0; i < plan.readWrapped(); i++) {
                keys.add(ring[i]);
            }
            return keys;
        }

        /** Runs a chunk the way of several rows: everything is written at the end. */
        void write(ChunkPlan plan) {
            for (int i = 0; i < plan.sinkRows(); i++) {
                masters[plan.heldSinks() + i] = end + i;
            }
            for (int i = 0; i < plan.writeStraight() + plan.writeWrapped(); i++) {
                int slot = i < plan.writeStraight() ? plan.writeSlot() + i : i - plan.writeStraight();
                ring[slot] = end + plan.writeRow() + i;
            }
            end += plan.rows();
        }

        /** What a single row attends to: copies and ring side by side, itself written first. */
        List<Long> single(ChunkPlan plan) {
            write(plan);
            long[] sideBySide = new long[masters.length + ring.length];
            System.arraycopy(masters, 0, sideBySide, 0, masters.length);
            System.arraycopy(ring, 0, sideBySide, masters.length, ring.length);
            return LongStream.of(sideBySide).limit(plan.singleKeys()).boxed().toList();
        }

        /** The window before the next token, as the rule has it, as far as this cache ever held it. */
        List<Long> window() {
            return LongStream.range(Math.max(first, end - rule.window()), end)
                    .boxed()
                    .toList();
        }
    }

    @Property
    void aChunkReadsItsWindowInOrderAndASingleRowJustWhatItSees(
            @ForAll @IntRange(min = 0, max = 6) int sinks,
            @ForAll @IntRange(min = 1, max = 12) int window,
            @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 30) Integer> chunks) {
        Slots slots = new Slots(new SinkWindow(sinks, window));
        for (int rows : chunks) {
            runAndCheck(slots, rows);
        }
    }

    @Property
    void aCacheThatSkippedAheadDoesTheSameFromThere(
            @ForAll @IntRange(min = 0, max = 6) int sinks,
            @ForAll @IntRange(min = 1, max = 12) int window,
            @ForAll @IntRange(min = 0, max = 100) int skip,
            @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 30) Integer> chunks) {
        Slots slots = new Slots(new SinkWindow(sinks, window));
        if (sinks > 0) {
            slots.write(slots.plan(sinks));
        }
        slots.first = slots.end + skip;
        slots.end = slots.first;
        for (int rows : chunks) {
            runAndCheck(slots, rows);
        }
    }

    private static void runAndCheck(Slots slots, int rows) {
        SinkWindow rule = slots.rule;
        ChunkPlan plan = slots.plan(rows);
        long start = slots.end;
        assertThat(plan.rows()).isEqualTo(rows);
        assertThat(plan.heldSinks()).isEqualTo((int) Math.min(start, rule.sinks()));
        assertThat(Arrays.copyOf(slots.masters, plan.heldSinks()))
                .containsExactly(LongStream.range(0, plan.heldSinks()).toArray());
        assertThat(slots.read(plan)).as("%s at %d", rule, start).isEqualTo(slots.window());
        if (rows == 1) {
            long[] before = slots.ring.clone();
            assertThat(slots.single(plan))
                    .as("%s, the single row at %d", rule, start)
                    .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(0, start)
                            .filter(j -> j < rule.sinks() || j >= slots.first)
                            .filter(j -> rule.sees(start, j))
                            .boxed()
                            .toList());
            for (int slot = 0; slot < before.length; slot++) {
                if (before[slot] >= 0 && before[slot] != slots.ring[slot]) {
                    // It may be written before the pass succeeded, because nobody will ask for what it replaces.
                    assertThat(rule.sees(start, before[slot])).isFalse();
                    assertThat(rule.sees(start + 1, before[slot])).isFalse();
                }
            }
        } else {
            slots.write(plan);
        }
        long held = Math.min(slots.end - slots.first, rule.ringSlots());
        assertThat(rule.usedRingSlots(slots.first, slots.end)).isEqualTo((int) Math.max(0, held));
        for (int slot = 0; slot < rule.ringSlots(); slot++) {
            assertThat(slots.ring[slot] >= 0)
                    .as("slots are used in one piece from the ring's start")
                    .isEqualTo(slot < held);
        }
    }

    @Property
    void aStepBackIsExact(
            @ForAll @IntRange(min = 0, max = 6) int sinks,
            @ForAll @IntRange(min = 1, max = 12) int window,
            @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 30) Integer> chunks) {
        Slots slots = new Slots(new SinkWindow(sinks, window));
        for (int rows : chunks) {
            slots.write(slots.plan(rows));
            slots.end -= 1;
            ChunkPlan again = slots.plan(3);
            assertThat(slots.read(again)).isEqualTo(slots.window());
            assertThat(again.heldSinks()).isEqualTo((int) Math.min(slots.end, sinks));
            // The token that was taken back is run once more, as another one would be.
            runAndCheck(slots, 1);
        }
    }

    /** The references: evict after every token, and number what is left from 0. */
    @Property
    void distancesAreThoseOfPlacesInTheReferencesCache(
            @ForAll @IntRange(min = 0, max = 6) int sinks, @ForAll @IntRange(min = 1, max = 12) int window) {
        SinkWindow rule = new SinkWindow(sinks, window);
        List<Long> cache = new ArrayList<>();
        for (long t = 0; t < 60; t++) {
            cache.add(t);
            for (long j = 0; j <= t + 1; j++) {
                int place = cache.indexOf(j);
                assertThat(rule.sees(t, j)).as("%s: %d sees %d", rule, t, j).isEqualTo(place >= 0);
                if (place >= 0) {
                    assertThat(rule.distance(t, j))
                            .as("%s: from %d to %d", rule, t, j)
                            .isEqualTo(cache.size() - 1 - place);
                }
            }
            assertThat(rule.settled(t)).isEqualTo(cache.size() == sinks + window + 1);
            if (cache.size() > sinks + window) {
                cache.remove(sinks);
            }
        }
    }

    @Example
    void aStreamThatRunsForEverKeepsItsPlaces() {
        SinkWindow rule = new SinkWindow(4, 1020);
        long late = 10_000_000_000_000L;
        assertThat(rule.distance(late, late - 1020)).isEqualTo(1020);
        assertThat(rule.distance(late, 3)).isEqualTo(1021);
        ChunkPlan plan = rule.plan(4, late, 512);
        assertThat(plan.readStraight() + plan.readWrapped()).isEqualTo(1020);
        assertThat(plan.writeSlot()).isEqualTo((int) ((late - 4) % 1021));
        assertThat(plan.writeStraight() + plan.writeWrapped()).isEqualTo(512);
    }

    @Example
    void aPlanIsWrittenInItsOrder() {
        long[] numbers = new long[ChunkPlan.NUMBERS + 1];
        new ChunkPlan(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).writeTo(numbers, 1);
        assertThat(numbers).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    }

    @Example
    void refusesSizesThatAreNone() {
        for (int[] sizes : new int[][] {{-1, 4}, {4, 0}, {0, -1}, {0, Integer.MAX_VALUE}, {1 << 30, 1 << 30}}) {
            assertThatThrownBy(() -> new SinkWindow(sizes[0], sizes[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("sinks " + sizes[0] + ", window " + sizes[1]);
        }
    }
}
