package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** What a value is assigned to. */
sealed interface Target {
    void assign(Scope scope, Object value);

    /** A variable. */
    record Variable(String name) implements Target {
        @Override
        public void assign(Scope scope, Object value) {
            scope.set(name, value);
        }
    }

    /** {@code namespace.name}. */
    record Attribute(String namespace, String name) implements Target {
        @Override
        public void assign(Scope scope, Object value) {
            if (scope.get(namespace) instanceof Namespace found) {
                found.set(name, value);
                return;
            }
            throw new TemplateException(
                    Texts.repr(namespace) + " is no namespace, so that \"." + name + "\" can't be set");
        }
    }

    /** {@code a, b}: each gets one of the values. */
    record Several(List<Target> targets) implements Target {
        @Override
        public void assign(Scope scope, Object value) {
            List<Object> values = new ArrayList<>();
            for (Iterator<Object> all = Values.iterate(value); all.hasNext() && values.size() <= targets.size(); ) {
                values.add(all.next());
            }
            if (values.size() != targets.size()) {
                throw new TemplateException(targets.size() + " names for "
                        + (values.size() < targets.size() ? "only " : "at least ") + values.size() + " values");
            }
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(scope, values.get(i));
            }
        }
    }
}
