package io.sinkstream.chat;

/** Arguments, each at its parameter. */
final class Bound {
    private final String what;
    private final String[] parameters;
    private final Object[] values;
    private final boolean[] given;

    Bound(String what, String[] parameters, Object[] values, boolean[] given) {
        this.what = what;
        this.parameters = parameters;
        this.values = values;
        this.given = given;
    }

    boolean has(int parameter) {
        return given[parameter];
    }

    /** Null if it was not given, as for None. */
    Object value(int parameter) {
        return values[parameter];
    }

    Object value(int parameter, Object fallback) {
        return given[parameter] ? values[parameter] : fallback;
    }

    /** A text, or the fallback if it is not given or None. */
    String text(int parameter, String fallback) {
        Object value = values[parameter];
        if (value == null) {
            return fallback;
        }
        if (value instanceof String text) {
            return text;
        }
        throw wrong(parameter, "a text");
    }

    /** A text that has to be one. */
    String text(int parameter) {
        if (values[parameter] == null) {
            throw wrong(parameter, "a text");
        }
        return text(parameter, null);
    }

    /** A whole number, or the fallback if it is not given or None. */
    long integer(int parameter, long fallback) {
        Object value = values[parameter];
        if (value == null) {
            return fallback;
        }
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        throw wrong(parameter, "a whole number");
    }

    boolean isTrue(int parameter) {
        return given[parameter] && Values.isTrue(values[parameter]);
    }

    private TemplateException wrong(int parameter, String allowed) {
        if (values[parameter] instanceof Undefined undefined) {
            return undefined.failed();
        }
        return new TemplateException(what + ": the argument " + Texts.repr(parameters[parameter]) + " is of type "
                + Values.type(values[parameter]) + "; expected " + allowed);
    }
}
