package io.sinkstream.chat;

import java.time.Clock;
import java.util.Collections;
import java.util.Map;

/** One rendering: what names stand for, how long it may take, and where it is. */
final class Run {
    /** A template of a model takes some hundreds for a message. */
    private static final long MOST_STEPS = 20_000_000;
    /** Characters, of all texts made on the way. */
    private static final long MOST_TEXT = 1L << 28;

    private static final int DEEPEST = 100;

    private final Clock clock;
    private final Map<String, Object> globals;
    private long steps;
    private long made;
    private int depth;
    private int line;

    Run(Clock clock) {
        this.clock = clock;
        globals = Map.of(
                "range", (Callable) Range::of,
                "dict", (Callable) arguments -> Collections.unmodifiableMap(arguments.dict("dict")),
                "namespace", (Callable) arguments -> new Namespace(arguments.dict("namespace")),
                "raise_exception", (Callable) Run::raise,
                "strftime_now", (Callable) this::now);
    }

    private static Object raise(Arguments arguments) {
        throw new TemplateException(
                Values.text(arguments.bind("raise_exception", 1, "message").value(0)));
    }

    private Object now(Arguments arguments) {
        return Strftime.format(arguments.bind("strftime_now", 1, "format").text(0), clock);
    }

    /** What a name stands for that the template does not set. */
    Object global(String name) {
        Object value = globals.get(name);
        return value == null ? new Undefined(Texts.repr(name) + " is undefined") : value;
    }

    /** Takes one step more. Throws TemplateException if it was one too many. */
    void step() {
        if (++steps > MOST_STEPS) {
            throw new TemplateException("it takes more than " + MOST_STEPS + " steps");
        }
    }

    /** Takes note of a value that was made. */
    Object made(Object value) {
        if (value instanceof String text) {
            made += text.length();
            if (made > MOST_TEXT) {
                throw new TemplateException("it makes texts of more than " + MOST_TEXT + " characters");
            }
        }
        return value;
    }

    void enter() {
        if (++depth > DEEPEST) {
            throw new TemplateException("macros call one another more than " + DEEPEST + " deep");
        }
    }

    void leave() {
        depth--;
    }

    int line() {
        return line;
    }

    void line(int at) {
        line = at;
    }
}
