package io.sinkstream.chat;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** A loop on its way, as its body sees it by the name {@code loop}. Looks ahead only if it is asked what comes. */
final class Loop implements Iterator<Object>, Attributed {
    /** Stands for an item that there is not; None is one. */
    private static final Object NONE = new Object();

    private Iterator<Object> items;
    private long length;
    private long index0 = -1;
    private Object before = NONE;
    private Object current = NONE;
    private Object after = NONE;
    private List<Object> changed;

    /**
     * A loop before its first item.
     *
     * @param length -1 if it is not known
     */
    Loop(Iterator<Object> items, long length) {
        this.items = items;
        this.length = length;
    }

    @Override
    public boolean hasNext() {
        return after != NONE || items.hasNext();
    }

    @Override
    public Object next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Object next = ahead();
        after = NONE;
        index0++;
        before = current;
        current = next;
        return next;
    }

    private Object ahead() {
        if (after == NONE && items.hasNext()) {
            after = items.next();
        }
        return after;
    }

    long length() {
        if (length < 0) {
            List<Object> rest = Values.rest(items);
            items = rest.iterator();
            length = rest.size() + index0 + 1 + (after == NONE ? 0 : 1);
        }
        return length;
    }

    @Override
    public Object attribute(String name) {
        return switch (name) {
            case "index" -> index0 + 1;
            case "index0" -> index0;
            case "revindex" -> length() - index0;
            case "revindex0" -> length() - index0 - 1;
            case "first" -> index0 == 0;
            case "last" -> ahead() == NONE;
            case "length" -> length();
            case "depth" -> 1L;
            case "depth0" -> 0L;
            case "previtem" -> index0 == 0 ? new Undefined("there is no previous item") : before;
            case "nextitem" -> ahead() == NONE ? new Undefined("there is no next item") : after;
            case "cycle" -> (Callable) this::cycle;
            case "changed" -> (Callable) this::hasChanged;
            default -> new Undefined("a loop has no attribute " + Texts.repr(name));
        };
    }

    private Object cycle(Arguments arguments) {
        List<Object> values = arguments.positional();
        if (values.isEmpty()) {
            throw new TemplateException("loop.cycle needs something to go through");
        }
        return values.get((int) (index0 % values.size()));
    }

    private Object hasChanged(Arguments arguments) {
        boolean is = changed == null || !Values.equal(new Tuple(changed), new Tuple(arguments.positional()));
        changed = arguments.positional();
        return is;
    }
}
