package io.sinkstream.chat;

import io.sinkstream.chat.Expression.Arithmetic;
import io.sinkstream.chat.Expression.Items;
import io.sinkstream.chat.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads expressions, an operator that binds stronger by a method further down. */
final class ExpressionParser {
    private static final int DEEPEST = 100;
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final Tokens tokens;
    private final OperandParser operands;
    private int depth;

    ExpressionParser(Tokens tokens) {
        this.tokens = tokens;
        operands = new OperandParser(tokens, this);
    }

    /** One expression, or a tuple of several. */
    Expression several() {
        return several(true);
    }

    /**
     * The same.
     *
     * @param isConditional whether {@code if} may belong to it
     */
    Expression several(boolean isConditional) {
        Expression first = isConditional ? expression() : or();
        if (!tokens.peek().isOperator(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>();
        items.add(first);
        while (tokens.skip(",")) {
            if (isTupleEnd()) {
                break;
            }
            items.add(isConditional ? expression() : or());
        }
        return new Items(items, true);
    }

    private boolean isTupleEnd() {
        return tokens.peek().kind() == Kind.VARIABLE_END
                || tokens.peek().kind() == Kind.BLOCK_END
                || tokens.peek().isOperator(")");
    }

    Expression expression() {
        if (++depth > DEEPEST) {
            throw new TemplateException("an expression nests more than " + DEEPEST + " deep")
                    .at(tokens.peek().line());
        }
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression condition = or();
            Expression other = tokens.skipName("else") ? expression() : null;
            value = new Expression.Conditional(condition, value, other);
        }
        depth--;
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (tokens.skipName("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.skipName("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        int nots = 0;
        while (tokens.skipName("not")) {
            nots++;
        }
        Expression value = comparison();
        for (int i = 0; i < nots; i++) {
            value = new Expression.Not(value);
        }
        return value;
    }

    private Expression comparison() {
        List<Expression> values = new ArrayList<>();
        List<String> operators = new ArrayList<>();
        values.add(sum());
        while (true) {
            Token token = tokens.peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                operators.add(tokens.next().text());
            } else if (tokens.skipName("in")) {
                operators.add("in");
            } else if (token.isName("not") && tokens.peekNext().isName("in")) {
                tokens.next();
                tokens.next();
                operators.add("not in");
            } else {
                return operators.isEmpty() ? values.get(0) : new Expression.Compare(values, operators);
            }
            values.add(sum());
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (tokens.peek().isOperator("+") || tokens.peek().isOperator("-")) {
            left = new Arithmetic(left, tokens.next().text(), concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        List<Expression> parts = new ArrayList<>();
        do {
            parts.add(product());
        } while (tokens.skip("~"));
        return parts.size() == 1 ? parts.get(0) : new Expression.Concat(parts);
    }

    private Expression product() {
        Expression left = power();
        while (tokens.peek().kind() == Kind.OPERATOR
                && Set.of("*", "/", "//", "%").contains(tokens.peek().text())) {
            left = new Arithmetic(left, tokens.next().text(), power());
        }
        return left;
    }

    private Expression power() {
        Expression left = signed(true);
        while (tokens.skip("**")) {
            left = new Arithmetic(left, "**", signed(true));
        }
        return left;
    }

    /** @param isFiltered whether filters and tests may belong to it: those behind a sign belong to all of it */
    private Expression signed(boolean isFiltered) {
        Expression value;
        if (tokens.peek().isOperator("-") || tokens.peek().isOperator("+")) {
            if (++depth > DEEPEST) {
                throw new TemplateException("too many signs").at(tokens.peek().line());
            }
            boolean isNegative = tokens.next().text().equals("-");
            value = new Expression.Signed(signed(false), isNegative);
            depth--;
        } else {
            value = operands.primary();
        }
        value = operands.postfix(value);
        return isFiltered ? operands.filtered(value) : value;
    }
}
