package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.decoder.Slab.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class SlabTest {
    private static final long SMALL = 16 << 10;

    private static Candidate grown(int rows) {
        return new Candidate(rows, false, List.of(69), SMALL);
    }

    @Test
    void shortRowsOfLikeCachesAreOneSlab() {
        Slab.Order order = Slab.order(List.of(grown(10), grown(8), grown(1), grown(12), grown(9)));

        // The one row would be padded to many times its own.
        assertThat(order.slabs()).containsExactly(new Slab(4, 12, 39, false));
        assertThat(order.chunks()).containsExactly(1, 4, 0, 3, 2);
    }

    @Test
    void cachesOfOtherSizesAndStreamsThatHaveJustBegunAreOtherSlabs() {
        Slab.Order order = Slab.order(List.of(
                new Candidate(5, true, List.of(69), SMALL),
                grown(5),
                new Candidate(5, false, List.of(133), 2 * SMALL),
                new Candidate(6, true, List.of(69), SMALL),
                new Candidate(6, false, List.of(133), 2 * SMALL),
                grown(6)));

        assertThat(order.slabs())
                .containsExactlyInAnyOrder(
                        new Slab(2, 6, 11, false), new Slab(2, 6, 11, false), new Slab(2, 6, 11, true));
    }

    @Test
    void whatIsLargeIsAttendedToWhereItLies() {
        long large = 512 << 10;
        assertThat(Slab.order(List.of(
                                new Candidate(1, false, List.of(1029), large),
                                new Candidate(1, false, List.of(1029), large)))
                        .slabs())
                .isEmpty();
        assertThat(Slab.order(List.of(
                                new Candidate(2, false, List.of(1029), large),
                                new Candidate(2, false, List.of(1029), large)))
                        .slabs())
                .hasSize(1);
        assertThat(Slab.order(List.of(
                                new Candidate(2, false, List.of(9999), 4 * large),
                                new Candidate(2, false, List.of(9999), 4 * large)))
                        .slabs())
                .isEmpty();
        assertThat(Slab.order(List.of(grown(300), grown(300))).slabs()).isEmpty();
    }

    @Test
    void slabsAreNoLargerThanAProcessorsCache() {
        List<Candidate> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(new Candidate(4, false, List.of(500), 1 << 20));
        }

        assertThat(Slab.order(many).slabs()).hasSize(7).allSatisfy(slab -> assertThat(slab.streams())
                .isBetween(2, 16));
    }

    @Provide
    Arbitrary<List<Candidate>> passes() {
        Arbitrary<Candidate> one = Combinators.combine(
                        Arbitraries.integers().between(1, 80),
                        Arbitraries.of(true, false),
                        Arbitraries.of(List.of(69), List.of(69, 133), List.of(2053)),
                        Arbitraries.longs().between(1, 2 << 20))
                .as(Candidate::new);
        return one.list().ofMaxSize(60);
    }

    @Property(tries = 300)
    void everyChunkIsThereOnceAndSlabsComeFirst(@ForAll("passes") List<Candidate> pass) {
        Slab.Order order = Slab.order(pass);

        assertThat(order.chunks())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, pass.size()).boxed().toList());
        int at = 0;
        for (Slab slab : order.slabs()) {
            List<Candidate> mine = order.chunks().subList(at, at + slab.streams()).stream()
                    .map(pass::get)
                    .toList();
            at += slab.streams();
            assertThat(slab.streams()).isGreaterThan(1);
            assertThat(mine).allSatisfy(one -> {
                assertThat(one.young()).isEqualTo(slab.young());
                assertThat(one.slots()).isEqualTo(mine.get(0).slots());
                assertThat(one.rows()).isBetween(slab.rows() * 2 / 5 - 1, slab.rows());
            });
            assertThat(slab.valid())
                    .isEqualTo(mine.stream().mapToInt(Candidate::rows).sum());
        }
    }
}
