package io.sinkstream.chat;

import io.sinkstream.chat.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A template's pieces, whitespace taken away as Jinja does with {@code trim_blocks} and {@code lstrip_blocks}: the newline
 * after a block, the blanks before one that begins a line, and all whitespace on the side of a minus. A template's last
 * newline is none of its text.
 */
final class Lexer {
    private static final int FLAGS = Pattern.DOTALL | Pattern.UNICODE_CHARACTER_CLASS;
    private static final Pattern NEWLINE = Pattern.compile("\r\n|\r");
    private static final Pattern TAG = Pattern.compile("\\{([{%#])([-+]?)", FLAGS);
    private static final Pattern RAW = Pattern.compile("\\{%[-+]?\\s*raw\\s*(?:-%}\\s*|%})", FLAGS);
    private static final Pattern END_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%}|-%}\\s*|%}\n?)", FLAGS);
    private static final Pattern COMMENT_END = Pattern.compile("\\+#}|-#}\\s*|#}\n?", FLAGS);
    private static final Pattern BLOCK_END = Pattern.compile("\\+%}|-%}\\s*|%}\n?", FLAGS);
    private static final Pattern VARIABLE_END = Pattern.compile("-}}\\s*|}}", FLAGS);
    private static final Pattern SPACE = Pattern.compile("\\s+", FLAGS);
    private static final Pattern DECIMAL =
            Pattern.compile("(?<!\\.)[0-9]+(?:_[0-9]+)*(?:(?:\\.[0-9]+)?[eE][+-]?[0-9]+|\\.[0-9]+)");
    private static final Pattern INTEGER = Pattern.compile("0[xX][0-9a-fA-F]+|[1-9][0-9]*(?:_[0-9]+)*|0+(?![0-9])");
    private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*");
    private static final Pattern OPERATOR = Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}<>=.:|,]", FLAGS);

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private String found = "";
    /** Whether what was read last ended a line. */
    private boolean isLineStart = true;

    private Lexer(String template) {
        String text = NEWLINE.matcher(template).replaceAll("\n");
        source = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    /** Throws TemplateException if there are pieces that are none. */
    static List<Token> tokens(String template) {
        return new Lexer(template).read();
    }

    private List<Token> read() {
        Matcher tag = TAG.matcher(source);
        while (tag.find(at)) {
            Matcher raw = region(RAW, tag.start());
            if (raw.lookingAt()) {
                data(tag.start(), tag.group(2), true);
                moveTo(raw.end());
                raw();
                continue;
            }
            boolean isVariable = tag.group(1).equals("{");
            data(tag.start(), tag.group(2), !isVariable);
            moveTo(tag.end());
            if (tag.group(1).equals("#")) {
                Matcher end = COMMENT_END.matcher(source);
                if (!end.find(at)) {
                    throw new TemplateException("a comment has no end").at(line);
                }
                moveTo(end.end());
            } else if (isVariable) {
                code(Kind.VARIABLE_BEGIN, Kind.VARIABLE_END, VARIABLE_END);
            } else {
                code(Kind.BLOCK_BEGIN, Kind.BLOCK_END, BLOCK_END);
            }
        }
        data(source.length(), "+", false);
        add(Kind.END, "", null);
        return tokens;
    }

    /** The text up to a tag, without what the tag takes away of it. */
    private void data(int end, String sign, boolean isBlock) {
        String text = source.substring(at, end);
        String left = text;
        if (sign.equals("-")) {
            left = Texts.strip(text, null, false, true);
        } else if (!sign.equals("+") && isBlock) {
            int lineStart = text.lastIndexOf('\n') + 1;
            if ((lineStart > 0 || isLineStart) && Texts.isBlank(text.substring(lineStart))) {
                left = text.substring(0, lineStart);
            }
        }
        if (!left.isEmpty()) {
            add(Kind.DATA, left, null);
        }
        moveTo(end);
    }

    private void raw() {
        Matcher end = END_RAW.matcher(source);
        if (!end.find(at)) {
            throw new TemplateException("\"raw\" has no \"endraw\"").at(line);
        }
        data(end.start(), end.group(1), true);
        moveTo(end.end());
    }

    /** What stands between the marks of a tag. */
    private void code(Kind begin, Kind end, Pattern mark) {
        add(begin, "", null);
        Deque<String> open = new ArrayDeque<>();
        while (at < source.length()) {
            Matcher closing = region(mark, at);
            if (open.isEmpty() && closing.lookingAt()) {
                add(end, "", null);
                moveTo(closing.end());
                return;
            }
            piece(open);
        }
        throw new TemplateException("\"" + (begin == Kind.BLOCK_BEGIN ? "{%" : "{{") + "\" has no end").at(line);
    }

    private void piece(Deque<String> open) {
        char first = source.charAt(at);
        if (first == '"' || first == '\'') {
            string();
            return;
        }
        if (isNext(SPACE)) {
            moveTo(at + found.length());
        } else if (isNext(DECIMAL)) {
            literal(Double.valueOf(found.replace("_", "")));
        } else if (isNext(INTEGER)) {
            literal(integer(found.replace("_", "")));
        } else if (isNext(NAME)) {
            add(Kind.NAME, found, null);
            moveTo(at + found.length());
        } else if (isNext(OPERATOR)) {
            balance(open, found);
            add(Kind.OPERATOR, found, null);
            moveTo(at + found.length());
        } else {
            String odd = source.substring(at, source.offsetByCodePoints(at, 1));
            throw new TemplateException("unexpected character " + Texts.repr(odd)).at(line);
        }
    }

    /** If so it is what was {@link #found}. */
    private boolean isNext(Pattern pattern) {
        // A number behind a dot is an index and no fraction, so what stands before counts.
        Matcher matcher = region(pattern, at).useTransparentBounds(true);
        if (matcher.lookingAt()) {
            found = matcher.group();
            return true;
        }
        return false;
    }

    private void literal(Object value) {
        add(Kind.LITERAL, found, value);
        moveTo(at + found.length());
    }

    private void string() {
        char quote = source.charAt(at);
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw new TemplateException("a string has no end").at(line);
        }
        add(Kind.LITERAL, source.substring(at, end + 1), unescaped(source.substring(at + 1, end)));
        moveTo(end + 1);
    }

    private void balance(Deque<String> open, String operator) {
        switch (operator) {
            case "(" -> open.push(")");
            case "[" -> open.push("]");
            case "{" -> open.push("}");
            case ")", "]", "}" -> {
                if (open.isEmpty() || !open.pop().equals(operator)) {
                    throw new TemplateException("unexpected \"" + operator + "\"").at(line);
                }
            }
            default -> {
                // Closes nothing.
            }
        }
    }

    private Object integer(String digits) {
        try {
            return Long.decode(digits.matches("0+") ? "0" : digits);
        } catch (NumberFormatException e) {
            throw new TemplateException("a number of " + digits.length() + " digits", e).at(line);
        }
    }

    private String unescaped(String inside) {
        if (inside.indexOf('\\') < 0) {
            return inside;
        }
        StringBuilder text = new StringBuilder(inside.length());
        for (int i = 0; i < inside.length(); i++) {
            char c = inside.charAt(i);
            if (c == '\\') {
                i = escape(inside, i + 1, text) - 1;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    /** Returns where the text goes on. */
    private int escape(String inside, int from, StringBuilder text) {
        char c = inside.charAt(from);
        int simple = "abfnrtv\\'\"".indexOf(c);
        if (simple >= 0) {
            text.append("\u0007\b\f\n\r\t\u000b\\'\"".charAt(simple));
            return from + 1;
        }
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        int end = from + 1 + digits;
        if (digits > 0) {
            return code(inside, from + 1, end, 16, text);
        }
        if (c == '\n') {
            return end;
        }
        if (c >= '0' && c <= '7') {
            end = from;
            while (end < inside.length() && end < from + 3 && inside.charAt(end) >= '0' && inside.charAt(end) <= '7') {
                end++;
            }
            return code(inside, from, end, 8, text);
        }
        if (c == 'N') {
            throw new TemplateException("a character by its name, \\N, is not supported").at(line);
        }
        text.append('\\').append(c);
        return end;
    }

    private int code(String inside, int from, int end, int base, StringBuilder text) {
        try {
            text.appendCodePoint(Integer.parseUnsignedInt(inside.substring(from, end), base));
            return end;
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            throw new TemplateException("a string has an escape that is none: \\" + inside.charAt(from - 1), e)
                    .at(line);
        }
    }

    private Matcher region(Pattern pattern, int from) {
        return pattern.matcher(source).region(from, source.length());
    }

    private void add(Kind kind, String text, Object value) {
        tokens.add(new Token(kind, text, value, line));
    }

    private void moveTo(int end) {
        if (end > at) {
            line += (int)
                    source.substring(at, end).chars().filter(c -> c == '\n').count();
            isLineStart = source.charAt(end - 1) == '\n';
            at = end;
        }
    }
}
