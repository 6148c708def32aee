package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** What stands behind a bar. Those of texts and numbers are in {@link TextFilters}. */
final class Filters {
    private static final Set<String> OF_LISTS = Set.of(
            "count",
            "d",
            "default",
            "dictsort",
            "first",
            "items",
            "join",
            "last",
            "length",
            "list",
            "map",
            "max",
            "min",
            "reject",
            "rejectattr",
            "reverse",
            "select",
            "selectattr",
            "sort",
            "sum",
            "tojson",
            "unique");

    private Filters() {}

    static boolean has(String name) {
        return OF_LISTS.contains(name) || TextFilters.NAMES.contains(name);
    }

    /** Throws TemplateException if there is no such filter, or it can't be applied. */
    static Object apply(String name, Object value, Arguments arguments, Run run) {
        String what = "the filter \"" + name + "\"";
        if (TextFilters.NAMES.contains(name)) {
            return TextFilters.apply(name, what, value, arguments);
        }
        return switch (name) {
            case "count", "length" -> {
                arguments.bind(what, 0);
                yield Values.length(value);
            }
            case "d", "default" -> {
                Bound bound = arguments.bind(what, 0, "default_value", "boolean");
                boolean isMissing = value instanceof Undefined || (bound.isTrue(1) && !Values.isTrue(value));
                yield isMissing ? bound.value(0, "") : value;
            }
            case "items" -> {
                arguments.bind(what, 0);
                yield items(value);
            }
            case "list" -> {
                arguments.bind(what, 0);
                yield Collections.unmodifiableList(Values.all(value));
            }
            case "join" -> joined(value, arguments.bind(what, 0, "d", "attribute"));
            case "tojson" -> Json.of(value, arguments);
            case "first", "last", "reverse" -> {
                arguments.bind(what, 0);
                yield end(name, value);
            }
            case "map" -> mapped(what, value, arguments, run);
            case "select", "reject", "selectattr", "rejectattr" -> chosen(name, value, arguments, run);
            case "sort" -> sorted(Values.all(value), arguments.bind(what, 0, "reverse", "case_sensitive", "attribute"));
            case "dictsort" -> dictSorted(value, arguments.bind(what, 0, "case_sensitive", "by", "reverse"));
            case "unique" -> unique(Values.all(value), arguments.bind(what, 0, "case_sensitive", "attribute"));
            case "max", "min" ->
                extreme(name, Values.all(value), arguments.bind(what, 0, "case_sensitive", "attribute"));
            case "sum" -> sum(value, arguments.bind(what, 0, "attribute", "start"));
            default -> throw new TemplateException(what + " is not supported");
        };
    }

    private static Object items(Object value) {
        if (value instanceof Undefined) {
            return new Generator(Collections.emptyIterator());
        }
        if (value instanceof Map<?, ?> dict) {
            return new Generator(Attributes.items(dict).iterator());
        }
        throw new TemplateException("the filter \"items\" needs a dict, not " + Values.type(value));
    }

    private static String joined(Object value, Bound bound) {
        String between = Values.text(bound.value(0, ""));
        Object attribute = bound.value(1);
        StringBuilder text = new StringBuilder();
        for (Iterator<Object> items = Values.iterate(value); items.hasNext(); ) {
            text.append(Values.text(at(items.next(), attribute)));
            text.append(items.hasNext() ? between : "");
            Texts.requireRoom(text.length());
        }
        return text.toString();
    }

    private static Object end(String name, Object value) {
        if (name.equals("first")) {
            Iterator<Object> items = Values.iterate(value);
            return items.hasNext() ? items.next() : new Undefined("there is no first item, there are none");
        }
        if (name.equals("reverse") && value instanceof String text) {
            return new StringBuilder(text).reverse().toString();
        }
        if (name.equals("last") && value instanceof Generator) {
            throw new TemplateException("the filter \"last\" needs a list: put \"|list\" before it");
        }
        List<Object> all = Values.all(value);
        Collections.reverse(all);
        return name.equals("reverse")
                ? new Generator(all.iterator())
                : all.isEmpty() ? new Undefined("there is no last item, there are none") : all.get(0);
    }

    private static Object mapped(String what, Object value, Arguments arguments, Run run) {
        Iterator<Object> items = Values.iterate(value);
        if (arguments.positional().isEmpty()) {
            Bound bound = arguments.bind(what, 0, "attribute", "default");
            if (!bound.has(0)) {
                throw new TemplateException(what + " needs a filter or an attribute");
            }
            return new Generator(new Each(items, run) {
                @Override
                Object of(Object item) {
                    Object found = at(item, bound.value(0));
                    return found instanceof Undefined && bound.value(1) != null ? bound.value(1) : found;
                }
            });
        }
        String filter = Values.text(arguments.positional().get(0));
        Arguments rest = arguments.after(1);
        return new Generator(new Each(items, run) {
            @Override
            Object of(Object item) {
                return apply(filter, item, rest, run);
            }
        });
    }

    /** Items made into others, one by one. */
    private abstract static class Each implements Iterator<Object> {
        private final Iterator<Object> items;
        private final Run run;

        Each(Iterator<Object> items, Run run) {
            this.items = items;
            this.run = run;
        }

        abstract Object of(Object item);

        @Override
        public boolean hasNext() {
            return items.hasNext();
        }

        @Override
        public Object next() {
            run.step();
            return run.made(of(items.next()));
        }
    }

    private static Object chosen(String name, Object value, Arguments arguments, Run run) {
        List<Object> given = arguments.positional();
        boolean isByAttribute = name.endsWith("attr");
        if (isByAttribute && given.isEmpty()) {
            throw new TemplateException("the filter \"" + name + "\" needs an attribute");
        }
        int test = isByAttribute ? 1 : 0;
        Predicate<Object> wanted = given.size() > test
                ? item -> Conditions.holds(Values.text(given.get(test)), item, arguments.after(test + 1))
                : Values::isTrue;
        boolean isSelected = name.startsWith("select");
        List<Object> chosen = new ArrayList<>();
        if (!Values.isTrue(value)) {
            return new Generator(chosen.iterator());
        }
        for (Iterator<Object> items = Values.iterate(value); items.hasNext(); ) {
            run.step();
            Object item = items.next();
            if (wanted.test(isByAttribute ? at(item, given.get(0)) : item) == isSelected) {
                chosen.add(item);
            }
        }
        return new Generator(chosen.iterator());
    }

    private static Object sorted(List<Object> values, Bound bound) {
        return inOrder(values, order(bound.isTrue(1), bound.value(2)), bound.isTrue(0));
    }

    private static Object dictSorted(Object value, Bound bound) {
        long place = bound.text(1, "key").equals("value") ? 1 : 0;
        return inOrder(Values.all(items(value)), order(bound.isTrue(0), place), bound.isTrue(2));
    }

    private static Object inOrder(List<Object> values, Comparator<Object> order, boolean isReversed) {
        values.sort(isReversed ? Collections.reverseOrder(order) : order);
        return Collections.unmodifiableList(values);
    }

    private static Object unique(List<Object> values, Bound bound) {
        List<Object> keys = new ArrayList<>();
        List<Object> unique = new ArrayList<>();
        for (Object item : values) {
            Object key = key(item, bound.isTrue(0), bound.value(1));
            if (keys.stream().noneMatch(other -> Values.equal(other, key))) {
                keys.add(key);
                unique.add(item);
            }
        }
        return new Generator(unique.iterator());
    }

    private static Object extreme(String name, List<Object> values, Bound bound) {
        if (values.isEmpty()) {
            return new Undefined("the filter \"" + name + "\" has nothing to choose from");
        }
        Comparator<Object> order = order(bound.isTrue(0), bound.value(1));
        return name.equals("max") ? Collections.max(values, order) : Collections.min(values, order);
    }

    private static Comparator<Object> order(boolean isCaseSensitive, Object attribute) {
        return (a, b) -> Values.compare(key(a, isCaseSensitive, attribute), key(b, isCaseSensitive, attribute));
    }

    private static Object key(Object item, boolean isCaseSensitive, Object attribute) {
        Object key = at(item, attribute);
        return !isCaseSensitive && key instanceof String text ? text.toLowerCase(Locale.ROOT) : key;
    }

    private static Object sum(Object value, Bound bound) {
        Object sum = bound.value(1, 0L);
        if (sum instanceof String) {
            throw new TemplateException("the filter \"sum\" needs numbers; texts are put together by \"join\"");
        }
        for (Iterator<Object> items = Values.iterate(value); items.hasNext(); ) {
            sum = Numbers.operate("+", sum, at(items.next(), bound.value(0)));
        }
        return sum;
    }

    /** What an attribute's name leads to, dots and numbers in it; the item itself if it is none. */
    private static Object at(Object item, Object attribute) {
        if (attribute == null) {
            return item;
        }
        if (!(attribute instanceof String path)) {
            return Attributes.item(item, attribute);
        }
        Object found = item;
        for (String part : path.split("\\.", -1)) {
            found = Attributes.item(found, part.matches("[0-9]+") ? (Object) Long.valueOf(part) : part);
        }
        return found;
    }
}
