package io.sinkstream.chat;

import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/** A text's methods. */
final class StringMethods {
    /** Those of Python that are not here. */
    private static final Set<String> OTHERS = Set.of(
            "encode",
            "expandtabs",
            "format",
            "format_map",
            "isascii",
            "isidentifier",
            "isprintable",
            "maketrans",
            "swapcase",
            "translate");

    private StringMethods() {}

    /** Null if a text has no such method. */
    static Callable of(String text, String name) {
        if (OTHERS.contains(name)) {
            throw new TemplateException("the method \"" + name + "\" of a text is not supported");
        }
        Callable found = form(text, name);
        found = found == null ? question(text, name) : found;
        found = found == null ? search(text, name) : found;
        return found == null ? pieces(text, name) : found;
    }

    private static Callable form(String text, String name) {
        return switch (name) {
            case "upper" -> plain(name, text.toUpperCase(Locale.ROOT));
            case "lower" -> plain(name, text.toLowerCase(Locale.ROOT));
            case "casefold" -> plain(name, text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT));
            case "title" -> plain(name, Texts.titled(text));
            case "capitalize" -> plain(name, Texts.capitalized(text));
            case "strip", "lstrip", "rstrip" ->
                arguments -> Texts.strip(
                        text,
                        arguments.bind(name, 0, "chars").text(0, null),
                        !name.equals("rstrip"),
                        !name.equals("lstrip"));
            case "removeprefix" ->
                arguments -> {
                    String prefix = arguments.bind(name, 1, "prefix").text(0);
                    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
                };
            case "removesuffix" ->
                arguments -> {
                    String suffix = arguments.bind(name, 1, "suffix").text(0);
                    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
                };
            case "replace" ->
                arguments -> {
                    Bound bound = arguments.bind(name, 2, "old", "new", "count");
                    return Texts.replace(text, bound.text(0), bound.text(1), bound.integer(2, -1));
                };
            case "center", "ljust", "rjust", "zfill" -> arguments -> padded(text, name, arguments);
            default -> null;
        };
    }

    private static Callable plain(String name, String result) {
        return arguments -> {
            arguments.bind(name, 0);
            return result;
        };
    }

    private static String padded(String text, String name, Arguments arguments) {
        Bound bound = arguments.bind(name, 1, "width", "fillchar");
        long missing = Math.max(0, bound.integer(0, 0) - Texts.length(text));
        Texts.requireRoom(missing + text.length());
        String fill = name.equals("zfill") ? "0" : bound.text(1, " ");
        int all = (int) missing;
        return switch (name) {
            case "ljust" -> text + fill.repeat(all);
            case "rjust" -> fill.repeat(all) + text;
            case "zfill" -> {
                boolean isSigned = text.startsWith("-") || text.startsWith("+");
                yield isSigned ? text.charAt(0) + fill.repeat(all) + text.substring(1) : fill.repeat(all) + text;
            }
            default -> {
                // As Python does: an odd one out goes to the left only where the width is odd.
                int left = all / 2 + (all & (int) bound.integer(0, 0) & 1);
                yield fill.repeat(left) + text + fill.repeat(all - left);
            }
        };
    }

    private static Callable question(String text, String name) {
        return switch (name) {
            case "isalpha" -> each(text, name, Character::isLetter);
            case "isalnum" -> each(text, name, c -> Character.isLetter(c) || isNumeric(c));
            case "isdigit", "isdecimal" -> each(text, name, Character::isDigit);
            case "isnumeric" -> each(text, name, StringMethods::isNumeric);
            case "isspace" -> each(text, name, Texts::isSpace);
            case "isupper" -> answer(name, hasCase(text, Character::isUpperCase));
            case "islower" -> answer(name, hasCase(text, Character::isLowerCase));
            case "istitle" ->
                answer(
                        name,
                        text.codePoints().anyMatch(Texts::isCased)
                                && Texts.titled(text).equals(text));
            default -> null;
        };
    }

    private static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    /** Whether it has letters of a case, and all that have one have this one. */
    static boolean hasCase(String text, IntPredicate wanted) {
        return text.codePoints().anyMatch(Texts::isCased)
                && text.codePoints().filter(Texts::isCased).allMatch(wanted);
    }

    private static Callable each(String text, String name, IntPredicate wanted) {
        return answer(name, !text.isEmpty() && text.codePoints().allMatch(wanted));
    }

    private static Callable answer(String name, boolean is) {
        return arguments -> {
            arguments.bind(name, 0);
            return is;
        };
    }

    private static Callable search(String text, String name) {
        return switch (name) {
            case "startswith", "endswith" ->
                arguments -> {
                    Bound bound = arguments.bind(name, 1, "prefix", "start", "end");
                    String part = Attributes.part(text, bound.value(1), bound.value(2));
                    Object wanted = bound.value(0);
                    if (wanted instanceof Tuple any) {
                        return any.stream().anyMatch(one -> one instanceof String end && isAt(part, name, end));
                    }
                    return isAt(part, name, bound.text(0));
                };
            case "find", "index", "rfind", "rindex" -> arguments -> found(text, name, arguments);
            case "count" ->
                arguments -> {
                    Bound bound = arguments.bind(name, 1, "sub", "start", "end");
                    String part = Attributes.part(text, bound.value(1), bound.value(2));
                    String wanted = bound.text(0);
                    return wanted.isEmpty()
                            ? Texts.length(part) + 1L
                            : Texts.split(part, wanted, -1).size() - 1L;
                };
            default -> null;
        };
    }

    private static boolean isAt(String text, String name, String end) {
        return name.equals("startswith") ? text.startsWith(end) : text.endsWith(end);
    }

    private static Object found(String text, String name, Arguments arguments) {
        String wanted = arguments.bind(name, 1, "sub").text(0);
        int at = name.startsWith("r") ? text.lastIndexOf(wanted) : text.indexOf(wanted);
        if (at < 0 && name.endsWith("index")) {
            throw new TemplateException(Texts.repr(wanted) + " is not in the text");
        }
        return at < 0 ? -1L : (long) text.codePointCount(0, at);
    }

    private static Callable pieces(String text, String name) {
        return switch (name) {
            case "split", "rsplit" ->
                arguments -> {
                    Bound bound = arguments.bind(name, 0, "sep", "maxsplit");
                    String separator = bound.text(0, null);
                    long most = bound.integer(1, -1);
                    boolean isLeft = name.equals("split");
                    if (separator == null) {
                        return isLeft ? Texts.words(text, most) : Texts.lastWords(text, most);
                    }
                    requireSeparator(separator);
                    return isLeft ? Texts.split(text, separator, most) : Texts.lastSplit(text, separator, most);
                };
            case "partition", "rpartition" ->
                arguments -> {
                    String separator = arguments.bind(name, 1, "sep").text(0);
                    requireSeparator(separator);
                    boolean isLeft = name.equals("partition");
                    int at = isLeft ? text.indexOf(separator) : text.lastIndexOf(separator);
                    if (at < 0) {
                        return isLeft ? Tuple.of(text, "", "") : Tuple.of("", "", text);
                    }
                    return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
                };
            case "splitlines" ->
                arguments ->
                        Texts.lines(text, arguments.bind(name, 0, "keepends").isTrue(0));
            case "join" ->
                arguments -> {
                    Iterator<Object> parts =
                            Values.iterate(arguments.bind(name, 1, "iterable").value(0));
                    StringBuilder joined = new StringBuilder();
                    while (parts.hasNext()) {
                        Object part = parts.next();
                        if (!(part instanceof String one)) {
                            throw new TemplateException(
                                    "join: a part is of type " + Values.type(part) + "; expected a text");
                        }
                        Texts.requireRoom((long) joined.length() + one.length() + text.length());
                        joined.append(one);
                        if (parts.hasNext()) {
                            joined.append(text);
                        }
                    }
                    return joined.toString();
                };
            default -> null;
        };
    }

    private static void requireSeparator(String separator) {
        if (separator.isEmpty()) {
            throw new TemplateException("a separator is empty");
        }
    }
}
