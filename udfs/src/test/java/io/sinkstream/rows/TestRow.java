package io.sinkstream.rows;

import java.util.Iterator;
import java.util.List;

/** A row of token ids. */
record TestRow(String key, Object order, int[] tokens, long bytes) {
    static TestRow of(String key, Object order, int... tokens) {
        return new TestRow(key, order, tokens, 100);
    }

    /** How the engine sees them, each happening at its order. */
    static final class Fields implements RowFields<TestRow> {
        private final boolean isOrdered;

        Fields(boolean isOrdered) {
            this.isOrdered = isOrdered;
        }

        @Override
        public String key(TestRow row) {
            return row.key();
        }

        @Override
        public boolean isOrdered() {
            return isOrdered;
        }

        @Override
        public Order order(TestRow row) {
            return row.order() == null ? null : Order.of(row.order());
        }

        @Override
        public boolean hasContent(TestRow row) {
            return row.tokens() != null;
        }

        @Override
        public String text(TestRow row) {
            throw new AssertionError("rows hold tokens");
        }

        @Override
        public int[] tokens(TestRow row) {
            return row.tokens();
        }

        @Override
        public long bytes(TestRow row) {
            return row.bytes();
        }
    }

    /** Rows that can be asked how many of them were taken. */
    static final class Input implements Iterator<TestRow> {
        private final Iterator<TestRow> rows;
        private int taken;

        Input(List<TestRow> rows) {
            this.rows = rows.iterator();
        }

        int taken() {
            return taken;
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public TestRow next() {
            taken++;
            return rows.next();
        }
    }
}
