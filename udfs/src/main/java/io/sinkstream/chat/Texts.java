package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Texts as Python has them: of code points, with its whitespace and its way to write them down. */
final class Texts {
    /** The most characters of one text: what a row may hold is far less. */
    private static final long LONGEST = 1L << 23;

    private Texts() {}

    /** Throws TemplateException if no text may be so long. */
    static void requireRoom(long length) {
        if (length > LONGEST) {
            throw new TemplateException("it makes a text of more than " + LONGEST + " characters");
        }
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    static boolean isSpace(int c) {
        return (c >= 0x1C && c <= 0x1F) || c == 0x85 || Character.isSpaceChar(c) || (c >= '\t' && c <= '\r');
    }

    /** Whether it is whitespace and not empty. */
    static boolean isBlank(String text) {
        return !text.isEmpty() && text.codePoints().allMatch(Texts::isSpace);
    }

    /**
     * Without characters at its ends.
     *
     * @param characters which ones; null for whitespace
     */
    static String strip(String text, String characters, boolean left, boolean right) {
        int from = 0;
        int to = text.length();
        while (left && from < to && isOf(text.codePointAt(from), characters)) {
            from = text.offsetByCodePoints(from, 1);
        }
        while (right && to > from && isOf(text.codePointBefore(to), characters)) {
            to = text.offsetByCodePoints(to, -1);
        }
        return text.substring(from, to);
    }

    private static boolean isOf(int c, String characters) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    /**
     * Its words.
     *
     * @param most how often it is split; negative for as often as it can be
     */
    static List<Object> words(String text, long most) {
        List<Object> words = new ArrayList<>();
        int start = next(text, 0, false);
        while (start < text.length()) {
            if (most >= 0 && words.size() == most) {
                add(words, text.substring(start));
                break;
            }
            int end = next(text, start, true);
            add(words, text.substring(start, end));
            start = next(text, end, false);
        }
        return words;
    }

    /** The place of the next whitespace, or of the next character that is none, or the end. */
    private static int next(String text, int from, boolean space) {
        int at = from;
        while (at < text.length() && isSpace(text.codePointAt(at)) != space) {
            at = text.offsetByCodePoints(at, 1);
        }
        return at;
    }

    /** The same from the right. */
    static List<Object> lastWords(String text, long most) {
        List<Object> words = new ArrayList<>();
        int end = last(text, text.length(), false);
        while (end > 0) {
            if (most >= 0 && words.size() == most) {
                add(words, text.substring(0, end));
                break;
            }
            int start = last(text, end, true);
            add(words, text.substring(start, end));
            end = last(text, start, false);
        }
        Collections.reverse(words);
        return words;
    }

    /** The place behind the last whitespace, or behind the last character that is none, or the start. */
    private static int last(String text, int from, boolean space) {
        int at = from;
        while (at > 0 && isSpace(text.codePointBefore(at)) != space) {
            at = text.offsetByCodePoints(at, -1);
        }
        return at;
    }

    private static void add(List<Object> parts, String part) {
        Values.requireItems(parts.size() + 1L);
        parts.add(part);
    }

    /** What stands between separators. */
    static List<Object> split(String text, String separator, long most) {
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator);
                at >= 0 && (most < 0 || parts.size() < most);
                at = text.indexOf(separator, from)) {
            add(parts, text.substring(from, at));
            from = at + separator.length();
        }
        add(parts, text.substring(from));
        return parts;
    }

    /** The same from the right. */
    static List<Object> lastSplit(String text, String separator, long most) {
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        for (int at = text.lastIndexOf(separator);
                at >= 0 && (most < 0 || parts.size() < most);
                at = to < separator.length() ? -1 : text.lastIndexOf(separator, to - separator.length())) {
            add(parts, text.substring(at + separator.length(), to));
            to = at;
        }
        add(parts, text.substring(0, to));
        Collections.reverse(parts);
        return parts;
    }

    static List<Object> lines(String text, boolean withEnds) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (endsLine(c)) {
                int end = c == '\r' && text.startsWith("\n", at + 1) ? at + 2 : at + 1;
                add(lines, text.substring(from, withEnds ? end : at));
                from = end;
                at = end - 1;
            }
        }
        if (from < text.length()) {
            add(lines, text.substring(from));
        }
        return lines;
    }

    private static boolean endsLine(char c) {
        return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    /** @param most how many of them, from the left; negative for all */
    static String replace(String text, String old, String with, long most) {
        if (most < 0 && !old.isEmpty()) {
            long found = with.length() <= old.length() ? 0 : count(text, old);
            requireRoom(text.length() + found * (with.length() - old.length()));
            return text.replace(old, with);
        }
        List<Object> parts = old.isEmpty() ? apart(text, most) : split(text, old, most);
        requireRoom(text.length() + (long) parts.size() * with.length());
        return String.join(with, parts.stream().map(String.class::cast).toList());
    }

    private static long count(String text, String part) {
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    /** Before, between and after its characters. */
    private static List<Object> apart(String text, long most) {
        List<Object> parts = new ArrayList<>();
        int from = 0;
        if (most != 0) {
            add(parts, "");
        }
        while (from < text.length() && (most < 0 || parts.size() < most)) {
            int end = text.offsetByCodePoints(from, 1);
            add(parts, text.substring(from, end));
            from = end;
        }
        add(parts, text.substring(from));
        return parts;
    }

    static String capitalized(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int end = text.offsetByCodePoints(0, 1);
        return titleCase(text.substring(0, end)) + text.substring(end).toLowerCase(Locale.ROOT);
    }

    /** Each letter that follows no letter in title case, the others small. */
    static String titled(String text) {
        StringBuilder titled = new StringBuilder(text.length());
        boolean isInside = false;
        for (int c : text.codePoints().toArray()) {
            String letter = Character.toString(c);
            titled.append(isInside ? letter.toLowerCase(Locale.ROOT) : titleCase(letter));
            isInside = isCased(c);
        }
        return titled.toString();
    }

    private static String titleCase(String letter) {
        String upper = letter.toUpperCase(Locale.ROOT);
        return length(upper) == 1
                ? Character.toString(Character.toTitleCase(letter.codePointAt(0)))
                : capitalized(upper);
    }

    static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    static int compare(String a, String b) {
        int i = 0;
        while (i < a.length() && i < b.length()) {
            int left = a.codePointAt(i);
            int right = b.codePointAt(i);
            if (left != right) {
                return Integer.compare(left, right);
            }
            i += Character.charCount(left);
        }
        return Integer.compare(a.length(), b.length());
    }

    /** As it would stand in a program. */
    static String repr(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder shown = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> shown.append("\\n");
                case '\r' -> shown.append("\\r");
                case '\t' -> shown.append("\\t");
                case '\\' -> shown.append("\\\\");
                default -> {
                    if (c == quote) {
                        shown.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        shown.appendCodePoint(c);
                    } else {
                        shown.append(String.format(
                                Locale.ROOT, c <= 0xFF ? "\\x%02x" : c <= 0xFFFF ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        });
        return shown.append(quote).toString();
    }

    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }
}
