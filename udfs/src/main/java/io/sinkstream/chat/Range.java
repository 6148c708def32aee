package io.sinkstream.chat;

import java.util.AbstractList;

/** Whole numbers from one to another. */
final class Range extends AbstractList<Object> {
    private final long start;
    private final long stop;
    private final long step;
    private final int size;

    private Range(long start, long stop, long step) {
        this.start = start;
        this.stop = stop;
        this.step = step;
        long length = 0;
        if (step > 0 && start < stop) {
            length = (stop - start - 1) / step + 1;
        } else if (step < 0 && start > stop) {
            length = (start - stop - 1) / -step + 1;
        }
        if (length > Values.MOST_ITEMS || length < 0) {
            throw new TemplateException("a range of more than " + Values.MOST_ITEMS + " numbers");
        }
        size = (int) length;
    }

    /** What {@code range(...)} makes. */
    static Range of(Arguments arguments) {
        int given = arguments.positional().size();
        Bound bound = arguments.bind("range", 1, "start", "stop", "step");
        long first = bound.integer(0, 0);
        long step = bound.integer(2, 1);
        if (step == 0) {
            throw new TemplateException("range: the step is 0");
        }
        return given == 1 ? new Range(0, first, step) : new Range(first, bound.integer(1, 0), step);
    }

    @Override
    public Object get(int index) {
        return start + index * step;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String toString() {
        return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
    }
}
