package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Orders compare as Spark sorts their values. */
class OrderTest {
    private static int compared(Object a, Object b) {
        return Integer.signum(Order.of(a).compareTo(Order.of(b)));
    }

    private static <T> int sorted(Comparator<T> comparator, T a, T b) {
        return Integer.signum(comparator.compare(a, b));
    }

    @Property
    void longsCompareAsNumbers(@ForAll long a, @ForAll long b) {
        assertThat(compared(a, b)).isEqualTo(sorted(Long::compare, a, b));
    }

    @Property
    void doublesCompareAsNumbers(@ForAll double a, @ForAll double b) {
        assertThat(compared(a, b)).isEqualTo(sorted(Double::compare, a + 0.0, b + 0.0));
    }

    @Test
    void zerosAreTheSameAndNansTheGreatest() {
        assertThat(compared(0.0, -0.0)).isZero();
        assertThat(compared(Double.NaN, Double.POSITIVE_INFINITY)).isPositive();
        assertThat(compared(Float.NaN, Double.longBitsToDouble(0xfff8000000000001L)))
                .isZero();
    }

    @Provide
    Arbitrary<BigInteger> wide() {
        BigInteger most = BigInteger.TEN.pow(38).subtract(BigInteger.ONE);
        BigInteger edge = BigInteger.TEN.pow(18);
        return Arbitraries.oneOf(
                Arbitraries.bigIntegers().between(most.negate(), most),
                Arbitraries.bigIntegers().between(edge.subtract(BigInteger.TWO), edge.add(BigInteger.TWO)),
                Arbitraries.bigIntegers()
                        .between(
                                edge.negate().subtract(BigInteger.TWO),
                                edge.negate().add(BigInteger.TWO)));
    }

    @Property
    void decimalsCompareAsNumbers(@ForAll("wide") BigInteger a, @ForAll("wide") BigInteger b) {
        assertThat(compared(new BigDecimal(a, 3), new BigDecimal(b, 3))).isEqualTo(sorted(BigInteger::compareTo, a, b));
    }

    @Property
    void listsComparePartByPartWithNullsFirst(@ForAll("parts") List<String> a, @ForAll("parts") List<String> b) {
        Comparator<String> part = Comparator.nullsFirst((x, y) ->
                Arrays.compareUnsigned(Order.of(x).sortable(), Order.of(y).sortable()));
        int expected = 0;
        for (int i = 0; expected == 0 && i < Math.min(a.size(), b.size()); i++) {
            expected = sorted(part, a.get(i), b.get(i));
        }

        assertThat(compared(a, b)).isEqualTo(expected != 0 ? expected : Integer.compare(a.size(), b.size()));
    }

    @Provide
    Arbitrary<List<String>> parts() {
        return Arbitraries.strings()
                .withChars('\0', '\1', 'a', 'b')
                .ofMaxLength(3)
                .injectNull(0.2)
                .list()
                .ofMaxSize(4);
    }

    @Test
    void timesCompareAsTimes() {
        assertThat(compared(Instant.parse("1969-12-31T23:59:59Z"), Instant.EPOCH))
                .isNegative();
        assertThat(compared(LocalDate.of(2024, 2, 29), LocalDate.of(2024, 3, 1)))
                .isNegative();
        assertThat(compared(Period.ofMonths(13), Period.ofYears(1))).isPositive();
        assertThat(compared(Duration.ofSeconds(-1), Duration.ofNanos(-1_000))).isNegative();
    }

    @Test
    void peopleReadValues() {
        assertThat(Order.of(new byte[] {1, (byte) 0xff})).hasToString("01ff");
        assertThat(Order.of(7L)).hasToString("7");
    }
}
