package io.sinkstream.chat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a call gives: by place, and by name. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /**
     * The arguments of something that has so many parameters.
     *
     * @param what how messages name it
     * @param required how many of the parameters have to be given
     * @throws TemplateException if there are more or fewer, or others
     */
    Bound bind(String what, int required, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new TemplateException(
                    what + " takes at most " + parameters.length + " arguments, and there are " + positional.size());
        }
        Object[] values = new Object[parameters.length];
        boolean[] given = new boolean[parameters.length];
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
            given[i] = true;
        }
        named.forEach((name, value) -> {
            int i = Arrays.asList(parameters).indexOf(name);
            if (i < 0 || given[i]) {
                throw new TemplateException(
                        what + (i < 0 ? " takes no argument " : " has two values for ") + Texts.repr(name));
            }
            values[i] = value;
            given[i] = true;
        });
        for (int i = 0; i < required; i++) {
            if (!given[i]) {
                throw new TemplateException(what + " lacks its argument " + Texts.repr(parameters[i]));
            }
        }
        return new Bound(what, parameters, values, given);
    }

    /**
     * The dict that they make: a dict by place, if there is one, and what is given by name.
     *
     * @param what how messages name what takes them
     */
    Map<Object, Object> dict(String what) {
        Map<Object, Object> dict = new LinkedHashMap<>();
        if (!positional.isEmpty()) {
            if (positional.size() > 1 || !(positional.get(0) instanceof Map<?, ?> first)) {
                throw new TemplateException(what + " takes a dict, or values by name");
            }
            dict.putAll(first);
        }
        dict.putAll(named);
        return dict;
    }

    /** The same and one more by name. */
    Arguments with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(named);
        more.put(name, value);
        return new Arguments(positional, more);
    }

    /** The same without the first ones by place. */
    Arguments after(int count) {
        return new Arguments(positional.subList(count, positional.size()), named);
    }
}
