package io.sinkstream.chat;

import java.util.AbstractList;
import java.util.Collections;
import java.util.List;

/** A list that says in print, and when it is compared, that it is a tuple. */
final class Tuple extends AbstractList<Object> {
    private final List<Object> items;

    Tuple(List<Object> items) {
        this.items = Collections.unmodifiableList(items);
    }

    static Tuple of(Object... items) {
        return new Tuple(List.of(items));
    }

    @Override
    public Object get(int index) {
        return items.get(index);
    }

    @Override
    public int size() {
        return items.size();
    }
}
