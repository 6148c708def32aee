package io.sinkstream.chat;

import io.sinkstream.chat.Expression.Constant;
import io.sinkstream.chat.Expression.Given;
import io.sinkstream.chat.Expression.Items;
import io.sinkstream.chat.Expression.Name;
import io.sinkstream.chat.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what stands between operators: names and literals, and behind them dots, brackets, filters and tests. */
final class OperandParser {
    /** What follows a test and is no argument of it. */
    private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and", "is");

    private final Tokens tokens;
    private final ExpressionParser expressions;

    OperandParser(Tokens tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** A name or a literal. */
    Expression primary() {
        Token token = tokens.peek();
        if (token.kind() == Kind.NAME) {
            tokens.next();
            return switch (token.text()) {
                case "true", "True" -> new Constant(true);
                case "false", "False" -> new Constant(false);
                case "none", "None" -> new Constant(null);
                default -> new Name(token.text());
            };
        }
        if (token.isString()) {
            StringBuilder text = new StringBuilder();
            while (tokens.peek().isString()) {
                text.append((String) tokens.next().value());
            }
            return new Constant(text.toString());
        }
        if (token.kind() == Kind.LITERAL) {
            return new Constant(tokens.next().value());
        }
        if (tokens.skip("(")) {
            Expression inside = tokens.peek().isOperator(")") ? new Items(List.of(), true) : expressions.several();
            tokens.expect(")");
            return inside;
        }
        if (tokens.skip("[")) {
            return new Items(list("]"), false);
        }
        if (tokens.skip("{")) {
            return dict();
        }
        throw tokens.unexpected("a value");
    }

    private List<Expression> list(String end) {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skip(end)) {
            if (!items.isEmpty()) {
                tokens.expect(",");
                if (tokens.skip(end)) {
                    break;
                }
            }
            items.add(expressions.expression());
        }
        return items;
    }

    private Expression dict() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.skip("}")) {
            if (!keys.isEmpty()) {
                tokens.expect(",");
                if (tokens.skip("}")) {
                    break;
                }
            }
            keys.add(expressions.expression());
            tokens.expect(":");
            values.add(expressions.expression());
        }
        return new Expression.Dict(keys, values);
    }

    Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.skip(".")) {
                Token name = tokens.next();
                if (name.kind() == Kind.NAME) {
                    value = new Expression.Attribute(value, name.text());
                } else if (name.value() instanceof Long) {
                    value = new Expression.Item(value, new Constant(name.value()));
                } else {
                    throw new TemplateException("found \"" + name.shown() + "\" behind a dot; expected a name")
                            .at(name.line());
                }
            } else if (tokens.skip("[")) {
                value = subscript(value);
            } else if (tokens.peek().isOperator("(")) {
                value = new Expression.Call(value, given());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression value) {
        Expression start = tokens.peek().isOperator(":") ? new Constant(null) : expressions.expression();
        if (!tokens.skip(":")) {
            tokens.expect("]");
            return new Expression.Item(value, start);
        }
        Expression stop = isBound() ? expressions.expression() : new Constant(null);
        Expression step = tokens.skip(":") && isBound() ? expressions.expression() : new Constant(null);
        tokens.expect("]");
        return new Expression.Slice(value, start, stop, step);
    }

    private boolean isBound() {
        return !tokens.peek().isOperator(":") && !tokens.peek().isOperator("]");
    }

    Expression filtered(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.peek().isOperator("|")) {
                value = filter(value);
            } else if (tokens.skipName("is")) {
                value = test(value);
            } else if (tokens.peek().isOperator("(")) {
                value = new Expression.Call(value, given());
            } else {
                return value;
            }
        }
    }

    /** All the filters that follow. */
    Expression filters(Expression start) {
        Expression value = start;
        while (tokens.peek().isOperator("|")) {
            value = filter(value);
        }
        return value;
    }

    private Expression filter(Expression value) {
        tokens.expect("|");
        return namedFilter(value);
    }

    /** A filter without its bar. */
    Expression namedFilter(Expression value) {
        String name = tokens.expect(Kind.NAME).text();
        return new Expression.Filter(value, name, tokens.peek().isOperator("(") ? given() : Given.NOTHING);
    }

    private Expression test(Expression value) {
        boolean isNegated = tokens.skipName("not");
        String name = tokens.expect(Kind.NAME).text();
        Given given = Given.NOTHING;
        Token next = tokens.peek();
        if (next.isOperator("(")) {
            given = given();
        } else if ((next.kind() == Kind.NAME && !NO_ARGUMENT.contains(next.text()))
                || next.kind() == Kind.LITERAL
                || next.isOperator("[")
                || next.isOperator("{")) {
            given = new Given(List.of(postfix(primary())), Map.of(), null, null);
        }
        Expression test = new Expression.Test(value, name, given);
        return isNegated ? new Expression.Not(test) : test;
    }

    private Given given() {
        tokens.expect("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Expression rest = null;
        Expression more = null;
        boolean isFirst = true;
        while (!tokens.skip(")")) {
            if (!isFirst) {
                tokens.expect(",");
                if (tokens.skip(")")) {
                    break;
                }
            }
            isFirst = false;
            if (rest == null && more == null && tokens.skip("*")) {
                rest = expressions.expression();
            } else if (more == null && tokens.skip("**")) {
                more = expressions.expression();
            } else if (more == null
                    && tokens.peek().kind() == Kind.NAME
                    && tokens.peekNext().isOperator("=")) {
                String name = tokens.next().text();
                tokens.expect("=");
                named.put(name, expressions.expression());
            } else if (rest == null && more == null && named.isEmpty()) {
                positional.add(expressions.expression());
            } else {
                throw tokens.unexpected("an argument by name");
            }
        }
        return new Given(positional, named, rest, more);
    }
}
