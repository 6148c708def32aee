package io.sinkstream.chat;

import io.sinkstream.chat.Expression.Name;
import io.sinkstream.chat.Statement.Captured;
import io.sinkstream.chat.Statement.Flow;
import io.sinkstream.chat.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a template's statements. */
final class Parser {
    private static final int DEEPEST = 100;

    private final Tokens tokens;
    private final ExpressionParser expressions;
    private final OperandParser operands;
    private int loops;
    private int depth;

    private Parser(List<Token> tokens) {
        this.tokens = new Tokens(tokens);
        expressions = new ExpressionParser(this.tokens);
        operands = new OperandParser(this.tokens, expressions);
    }

    /** Throws TemplateException, with the line, if it is no template or uses what is not supported. */
    static List<Statement> parse(String template) {
        Parser parser = new Parser(Lexer.tokens(template));
        List<Statement> body = parser.until(Set.of());
        if (parser.tokens.peek().kind() != Kind.END) {
            throw parser.tokens.unexpected("the end of the template");
        }
        return body;
    }

    /** The statements up to a tag of one of these names, which is the next to be read; or up to the end. */
    private List<Statement> until(Set<String> ends) {
        if (++depth > DEEPEST) {
            throw new TemplateException("blocks nest more than " + DEEPEST + " deep")
                    .at(tokens.peek().line());
        }
        List<Statement> body = new ArrayList<>();
        while (tokens.peek().kind() != Kind.END) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> body.add(new Statement.Data(token.text()));
                case VARIABLE_BEGIN -> {
                    body.add(new Statement.Print(expressions.several(), token.line()));
                    tokens.expect(Kind.VARIABLE_END);
                }
                default -> {
                    if (tokens.peek().kind() == Kind.NAME
                            && ends.contains(tokens.peek().text())) {
                        depth--;
                        return body;
                    }
                    body.add(statement());
                    tokens.expect(Kind.BLOCK_END);
                }
            }
        }
        if (!ends.isEmpty()) {
            throw tokens.unexpected(ends.stream().sorted().collect(Collectors.joining("\" or \"", "\"", "\"")));
        }
        depth--;
        return body;
    }

    /** The body of the tag at hand, and the tag at its end but for its mark. */
    private List<Statement> body(String end) {
        List<Statement> body = open(Set.of(end));
        tokens.expectName(end);
        return body;
    }

    private List<Statement> open(Set<String> ends) {
        var unused = tokens.skip(":");
        tokens.expect(Kind.BLOCK_END);
        return until(ends);
    }

    private Statement statement() {
        Token tag = tokens.expect(Kind.NAME);
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> ifs(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro();
            case "call" -> callBlock(line);
            case "filter" -> {
                Expression filters = operands.filters(operands.namedFilter(new Name(Captured.TEXT)));
                yield new Statement.Filtered(new Captured(captured("endfilter"), filters), line);
            }
            case "with" -> with(line);
            case "generation" -> new Statement.Generation(captured("endgeneration"));
            case "break", "continue" -> {
                if (loops == 0) {
                    throw new TemplateException("\"" + tag.text() + "\" stands in no loop").at(line);
                }
                yield new Statement.Jump(tag.text().equals("break") ? Flow.BREAK : Flow.CONTINUE);
            }
            default -> throw new TemplateException("the tag \"" + tag.text() + "\" is not supported").at(line);
        };
    }

    /** A body that no loop around it can be left from. */
    private List<Statement> captured(String end) {
        int around = loops;
        loops = 0;
        List<Statement> body = body(end);
        loops = around;
        return body;
    }

    private Statement ifs(int line) {
        Expression condition = expressions.several(false);
        List<Statement> body = open(Set.of("elif", "else", "endif"));
        Token end = tokens.next();
        List<Statement> otherwise = List.of();
        if (end.isName("elif")) {
            otherwise = List.of(ifs(end.line()));
        } else if (end.isName("else")) {
            otherwise = body("endif");
        }
        return new Statement.If(condition, body, otherwise, line);
    }

    private Statement loop(int line) {
        Target target = target("in");
        tokens.expectName("in");
        Expression items = expressions.several(false);
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        if (tokens.peek().isName("recursive")) {
            throw new TemplateException("a loop that is \"recursive\" is not supported").at(line);
        }
        loops++;
        List<Statement> body = open(Set.of("endfor", "else"));
        loops--;
        List<Statement> otherwise = tokens.next().isName("else") ? body("endfor") : List.of();
        return new Statement.For(target, items, condition, body, otherwise, line);
    }

    private Statement set(int line) {
        Target target = target("=");
        if (tokens.skip("=")) {
            return new Statement.Assign(target, expressions.several(), line);
        }
        Expression filters = operands.filters(new Name(Captured.TEXT));
        return new Statement.AssignText(target, new Captured(captured("endset"), filters), line);
    }

    /** @param end the name or operator that follows it */
    private Target target(String end) {
        List<Target> targets = new ArrayList<>();
        boolean isSeveral = false;
        do {
            if (!targets.isEmpty()
                    && (tokens.peek().isName(end) || tokens.peek().isOperator(end))) {
                break;
            }
            targets.add(oneTarget());
            isSeveral |= tokens.peek().isOperator(",");
        } while (tokens.skip(","));
        return isSeveral ? new Target.Several(targets) : targets.get(0);
    }

    private Target oneTarget() {
        if (tokens.skip("(")) {
            Target inside = target(")");
            tokens.expect(")");
            return inside;
        }
        String name = tokens.expect(Kind.NAME).text();
        if (tokens.skip(".")) {
            return new Target.Attribute(name, tokens.expect(Kind.NAME).text());
        }
        return new Target.Variable(name);
    }

    private Statement with(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (tokens.peek().kind() != Kind.BLOCK_END) {
            if (!targets.isEmpty()) {
                tokens.expect(",");
            }
            targets.add(target("="));
            tokens.expect("=");
            values.add(expressions.expression());
        }
        return new Statement.With(targets, values, body("endwith"), line);
    }

    private Statement macro() {
        String name = tokens.expect(Kind.NAME).text();
        return new Statement.Define(definition(name, "endmacro"));
    }

    private Statement callBlock(int line) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (tokens.peek().isOperator("(")) {
            signature(parameters, defaults);
        }
        if (!(expressions.expression() instanceof Expression.Call call)) {
            throw new TemplateException("\"call\" needs the call of a macro").at(line);
        }
        int start = tokens.place();
        List<Statement> body = captured("endcall");
        return new Statement.CallBlock(
                call, new Macro.Definition(Macro.CALLER, parameters, defaults, body, names(start)), line);
    }

    private Macro.Definition definition(String name, String end) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        signature(parameters, defaults);
        int start = tokens.place();
        List<Statement> body = captured(end);
        return new Macro.Definition(name, parameters, defaults, body, names(start));
    }

    private void signature(List<String> parameters, List<Expression> defaults) {
        tokens.expect("(");
        while (!tokens.skip(")")) {
            if (!parameters.isEmpty()) {
                tokens.expect(",");
            }
            parameters.add(tokens.expect(Kind.NAME).text());
            if (tokens.skip("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw tokens.unexpected("a default, as the parameter before has one");
            }
        }
    }

    private Set<String> names(int start) {
        return tokens.since(start).stream()
                .filter(token -> token.kind() == Kind.NAME)
                .map(Token::text)
                .collect(Collectors.toSet());
    }
}
