package io.sinkstream.chat;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace(...)} makes: the one thing whose attributes can be set, also from within a loop. */
final class Namespace implements Attributed {
    private final Map<String, Object> attributes = new LinkedHashMap<>();

    Namespace(Map<Object, Object> attributes) {
        attributes.forEach((name, value) -> this.attributes.put(Values.text(name), value));
    }

    void set(String name, Object value) {
        attributes.put(name, value);
    }

    @Override
    public Object attribute(String name) {
        return attributes.containsKey(name)
                ? attributes.get(name)
                : new Undefined("a namespace has no attribute " + Texts.repr(name));
    }
}
