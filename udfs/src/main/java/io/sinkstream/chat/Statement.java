package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** A part of a template: it writes, sets names, or decides what else does. */
sealed interface Statement {
    /** How the statements after one go on. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    Flow run(Scope scope, StringBuilder out);

    /** What several write, one after another. */
    static Flow run(List<Statement> body, Scope scope, StringBuilder out) {
        for (Statement statement : body) {
            scope.run().step();
            Flow flow = statement.run(scope, out);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    /** What a body writes, as a text. No jump leads out of it. */
    static String text(List<Statement> body, Scope scope) {
        StringBuilder text = new StringBuilder();
        var unused = run(body, scope, text);
        return text.toString();
    }

    /** Text as it stands there. */
    record Data(String text) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            write(scope, out, text);
            return Flow.NEXT;
        }
    }

    private static void write(Scope scope, StringBuilder out, String text) {
        out.append(scope.run().made(text));
    }

    /** <code>{{ value }}</code>. */
    record Print(Expression value, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            write(scope, out, Values.text(value.in(scope)));
            return Flow.NEXT;
        }
    }

    /** {@code if}, and what its {@code elif}s and {@code else} are: an else holds an if. */
    record If(Expression condition, List<Statement> body, List<Statement> otherwise, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            return Statement.run(Values.isTrue(condition.in(scope)) ? body : otherwise, scope, out);
        }
    }

    /** {@code for}; {@code condition} is null where all items count. */
    record For(
            Target target,
            Expression items,
            Expression condition,
            List<Statement> body,
            List<Statement> otherwise,
            int line)
            implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            Loop loop = loop(scope);
            boolean isAnyDone = false;
            while (loop.hasNext()) {
                scope.run().step();
                Object item = loop.next();
                Scope inner = scope.inner();
                target.assign(inner, item);
                inner.set("loop", loop);
                Flow flow = Statement.run(body, inner, out);
                if (flow == Flow.BREAK) {
                    break;
                }
                isAnyDone |= flow == Flow.NEXT;
                scope.run().line(line);
            }
            // As Jinja has it, "else" also stands for turns of which none came to its end.
            return isAnyDone ? Flow.NEXT : Statement.run(otherwise, scope.inner(), out);
        }

        private Loop loop(Scope scope) {
            Object all = items.in(scope);
            if (condition == null) {
                boolean isCounted = !(all instanceof Generator);
                return new Loop(Values.iterate(all), isCounted ? Values.length(all) : -1);
            }
            return new Loop(new Chosen(Values.iterate(all), this, scope), -1);
        }
    }

    /** The items of a loop for which its condition holds, each looked at when it is its turn. */
    final class Chosen implements Iterator<Object> {
        private final Iterator<Object> all;
        private final For loop;
        private final Scope scope;
        private final List<Object> next = new ArrayList<>(1);

        private Chosen(Iterator<Object> all, For loop, Scope scope) {
            this.all = all;
            this.loop = loop;
            this.scope = scope;
        }

        @Override
        public boolean hasNext() {
            while (next.isEmpty() && all.hasNext()) {
                scope.run().step();
                Object item = all.next();
                Scope inner = scope.inner();
                loop.target().assign(inner, item);
                if (Values.isTrue(loop.condition().in(inner))) {
                    next.add(item);
                }
            }
            return !next.isEmpty();
        }

        @Override
        public Object next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return next.remove(0);
        }
    }

    /** {@code break} and {@code continue}. */
    record Jump(Flow flow) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            return flow;
        }
    }

    /** {@code set target = value}. */
    record Assign(Target target, Expression value, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            target.assign(scope, value.in(scope));
            return Flow.NEXT;
        }
    }

    /** {@code set target}, up to {@code endset}: what stands between, through filters if there are some. */
    record AssignText(Target target, Captured text, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            target.assign(scope, text.in(scope));
            return Flow.NEXT;
        }
    }

    /** {@code filter ...}, up to {@code endfilter}. */
    record Filtered(Captured text, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            write(scope, out, Values.text(text.in(scope)));
            return Flow.NEXT;
        }
    }

    /**
     * What a body writes, as a value.
     *
     * @param filters of the variable {@value #TEXT}; that variable alone if there are none
     */
    record Captured(List<Statement> body, Expression filters) {
        /** No template can name it. */
        static final String TEXT = " text";

        Object in(Scope scope) {
            Scope inner = scope.inner();
            inner.set(TEXT, text(body, inner));
            return filters.in(inner);
        }
    }

    /** {@code with a = b}, up to {@code endwith}. */
    record With(List<Target> targets, List<Expression> values, List<Statement> body, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            Scope inner = scope.inner();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, values.get(i).in(scope));
            }
            return Statement.run(body, inner, out);
        }
    }

    /** {@code generation}: the model's own text, which is written as any other. Names set within it end with it. */
    record Generation(List<Statement> body) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            out.append(text(body, scope.inner()));
            return Flow.NEXT;
        }
    }

    /** {@code macro}. */
    record Define(Macro.Definition macro) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.set(macro.name(), new Macro(macro, scope));
            return Flow.NEXT;
        }
    }

    /** {@code call}: a macro is called that gets what stands in the block as a macro of its own. */
    record CallBlock(Expression.Call call, Macro.Definition caller, int line) implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder out) {
            scope.run().line(line);
            Arguments given = call.given().in(scope).with(Macro.CALLER, new Macro(caller, scope));
            write(scope, out, Values.text(call.call(scope, given)));
            return Flow.NEXT;
        }
    }
}
