package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.assertj.core.data.Percentage;
import scala.collection.Iterator;
import scala.collection.Seq;

/** Tables of the same rows, in whatever order; of two runs the last bits of a number differ. */
public final class SameRows {
    private static final Percentage CLOSE = Percentage.withPercentage(0.01);

    private SameRows() {}

    /** Checks the columns and the rows. */
    public static void assertSame(Dataset<Row> found, Dataset<Row> expected) {
        assertThat(found.schema()).isEqualTo(expected.schema());
        List<Row> mine = sorted(found);
        List<Row> others = sorted(expected);
        assertThat(mine).isNotEmpty().hasSameSizeAs(others);
        for (int i = 0; i < mine.size(); i++) {
            for (int column = 0; column < mine.get(i).length(); column++) {
                assertValue(mine.get(i).get(column), others.get(i).get(column), others.get(i));
            }
        }
    }

    private static void assertValue(Object found, Object expected, Row row) {
        if (found instanceof Double number && expected instanceof Double other) {
            assertThat(number).as("%s", row).isCloseTo(other, CLOSE);
        } else if (found instanceof Seq<?> many && expected instanceof Seq<?> others) {
            assertThat(many.size()).isEqualTo(others.size());
            Iterator<?> other = others.iterator();
            for (Iterator<?> each = many.iterator(); each.hasNext(); ) {
                assertValue(each.next(), other.next(), row);
            }
        } else {
            assertThat(found).as("%s", row).isEqualTo(expected);
        }
    }

    /** By what is no number of the model's, which come last. */
    private static List<Row> sorted(Dataset<Row> rows) {
        return rows.collectAsList().stream()
                .sorted(Comparator.comparing(row -> row.get(0) + " " + row.get(1) + " " + row.get(2)))
                .toList();
    }
}
