package io.sinkstream.chat;

import java.util.HashMap;
import java.util.Map;

/** What names stand for: the template's, a macro's, or those of one turn of a loop. Names set within it end with it. */
final class Scope {
    private final Scope outer;
    private final Run run;
    private final Map<String, Object> names;

    private Scope(Scope outer, Run run, Map<String, Object> names) {
        this.outer = outer;
        this.run = run;
        this.names = names;
    }

    /** A template's, with what it is given. */
    static Scope of(Run run, Map<String, Object> given) {
        return new Scope(null, run, new HashMap<>(given));
    }

    Scope inner() {
        return new Scope(this, run, new HashMap<>());
    }

    Run run() {
        return run;
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            if (scope.names.containsKey(name)) {
                return scope.names.get(name);
            }
        }
        return run.global(name);
    }

    void set(String name, Object value) {
        names.put(name, value);
    }
}
