package io.sinkstream.chat;

import java.util.Iterator;

/** Values that can be gone through once and not counted, as many filters give them. */
final class Generator implements Iterator<Object> {
    private final Iterator<Object> values;

    Generator(Iterator<Object> values) {
        this.values = values;
    }

    @Override
    public boolean hasNext() {
        return values.hasNext();
    }

    @Override
    public Object next() {
        return values.next();
    }
}
