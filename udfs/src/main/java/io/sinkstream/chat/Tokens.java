package io.sinkstream.chat;

import io.sinkstream.chat.Token.Kind;
import java.util.List;

/** A template's pieces as they are read, one after another. */
final class Tokens {
    private final List<Token> tokens;
    private int at;

    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(at);
    }

    /** The one after it. */
    Token peekNext() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Kind.END) {
            at++;
        }
        return token;
    }

    /** Where it is, for {@link #since}. */
    int place() {
        return at;
    }

    /** What was read since. */
    List<Token> since(int place) {
        return tokens.subList(place, at);
    }

    /** Reads the name if it is the next. */
    boolean skipName(String name) {
        boolean is = peek().isName(name);
        if (is) {
            at++;
        }
        return is;
    }

    /** Reads the operator if it is the next. */
    boolean skip(String operator) {
        boolean is = peek().isOperator(operator);
        if (is) {
            at++;
        }
        return is;
    }

    void expect(String operator) {
        if (!skip(operator)) {
            throw unexpected("\"" + operator + "\"");
        }
    }

    Token expect(Kind kind) {
        if (peek().kind() != kind) {
            throw unexpected(new Token(kind, "a name", null, 0).shown());
        }
        return next();
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("\"" + name + "\"");
        }
    }

    TemplateException unexpected(String expected) {
        return new TemplateException("found \"" + peek().shown() + "\"; expected " + expected).at(peek().line());
    }
}
