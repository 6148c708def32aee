package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What has a value. Each kind of it says how it gets there. */
sealed interface Expression {
    Object in(Scope scope);

    /** A text, a number, true, false or none. */
    record Constant(Object value) implements Expression {
        @Override
        public Object in(Scope scope) {
            return value;
        }
    }

    /** A variable. */
    record Name(String name) implements Expression {
        @Override
        public Object in(Scope scope) {
            return scope.get(name);
        }
    }

    /** {@code [a, b]}, and {@code (a, b)}. */
    record Items(List<Expression> items, boolean isTuple) implements Expression {
        @Override
        public Object in(Scope scope) {
            List<Object> values = new ArrayList<>(items.size());
            items.forEach(item -> values.add(item.in(scope)));
            return isTuple ? new Tuple(values) : Collections.unmodifiableList(values);
        }
    }

    /** <code>{a: b}</code>. */
    record Dict(List<Expression> keys, List<Expression> values) implements Expression {
        @Override
        public Object in(Scope scope) {
            Map<Object, Object> dict = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                dict.put(Values.key(keys.get(i).in(scope)), values.get(i).in(scope));
            }
            return Collections.unmodifiableMap(dict);
        }
    }

    /** {@code value.name}. */
    record Attribute(Expression value, String name) implements Expression {
        @Override
        public Object in(Scope scope) {
            return Attributes.attribute(value.in(scope), name);
        }
    }

    /** {@code value[key]}. */
    record Item(Expression value, Expression key) implements Expression {
        @Override
        public Object in(Scope scope) {
            return Attributes.item(value.in(scope), key.in(scope));
        }
    }

    /** {@code value[start:stop:step]}; what is left out is none. */
    record Slice(Expression value, Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public Object in(Scope scope) {
            Object of = value.in(scope);
            return scope.run().made(Attributes.slice(of, start.in(scope), stop.in(scope), step.in(scope)));
        }
    }

    /** {@code function(...)}. */
    record Call(Expression function, Given given) implements Expression {
        @Override
        public Object in(Scope scope) {
            return call(scope, given.in(scope));
        }

        Object call(Scope scope, Arguments arguments) {
            Object called = function.in(scope);
            Values.requireDefined(called);
            scope.run().step();
            if (called instanceof Callable callable) {
                return scope.run().made(callable.call(arguments));
            }
            throw new TemplateException("a value of type " + Values.type(called) + " can't be called");
        }
    }

    /** {@code value|name(...)}. */
    record Filter(Expression value, String name, Given given) implements Expression {
        @Override
        public Object in(Scope scope) {
            scope.run().step();
            return scope.run().made(Filters.apply(name, value.in(scope), given.in(scope), scope.run()));
        }
    }

    /** {@code value is name(...)}. */
    record Test(Expression value, String name, Given given) implements Expression {
        @Override
        public Object in(Scope scope) {
            return Conditions.holds(name, value.in(scope), given.in(scope));
        }
    }

    /** {@code not value}. */
    record Not(Expression value) implements Expression {
        @Override
        public Object in(Scope scope) {
            return !Values.isTrue(value.in(scope));
        }
    }

    /** {@code left and right}: one of both. */
    record And(Expression left, Expression right) implements Expression {
        @Override
        public Object in(Scope scope) {
            Object first = left.in(scope);
            return Values.isTrue(first) ? right.in(scope) : first;
        }
    }

    /** {@code left or right}: one of both. */
    record Or(Expression left, Expression right) implements Expression {
        @Override
        public Object in(Scope scope) {
            Object first = left.in(scope);
            return Values.isTrue(first) ? first : right.in(scope);
        }
    }

    /** {@code first < second <= third}. */
    record Compare(List<Expression> values, List<String> operators) implements Expression {
        @Override
        public Object in(Scope scope) {
            Object left = values.get(0).in(scope);
            for (int i = 0; i < operators.size(); i++) {
                Object right = values.get(i + 1).in(scope);
                if (!holds(left, operators.get(i), right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }

        private static boolean holds(Object left, String operator, Object right) {
            return switch (operator) {
                case "==" -> Values.equal(left, right);
                case "!=" -> !Values.equal(left, right);
                case "in" -> Values.contains(right, left);
                case "not in" -> !Values.contains(right, left);
                case "<" -> Values.compare(left, right) < 0;
                case "<=" -> Values.compare(left, right) <= 0;
                case ">" -> Values.compare(left, right) > 0;
                default -> Values.compare(left, right) >= 0;
            };
        }
    }

    /** {@code left + right}, and the like. */
    record Arithmetic(Expression left, String operator, Expression right) implements Expression {
        @Override
        public Object in(Scope scope) {
            Object first = left.in(scope);
            return scope.run().made(Numbers.operate(operator, first, right.in(scope)));
        }
    }

    /** {@code -value}; a plus is one of no effect. */
    record Signed(Expression value, boolean isNegative) implements Expression {
        @Override
        public Object in(Scope scope) {
            Object negative = Numbers.negative(value.in(scope));
            return isNegative ? negative : Numbers.negative(negative);
        }
    }

    /** {@code a ~ b}: as they are printed. */
    record Concat(List<Expression> parts) implements Expression {
        @Override
        public Object in(Scope scope) {
            StringBuilder text = new StringBuilder();
            for (Expression part : parts) {
                text.append(Values.text(part.in(scope)));
                Texts.requireRoom(text.length());
            }
            return scope.run().made(text.toString());
        }
    }

    /** {@code value if condition else other}. */
    record Conditional(Expression condition, Expression value, Expression other) implements Expression {
        @Override
        public Object in(Scope scope) {
            if (Values.isTrue(condition.in(scope))) {
                return value.in(scope);
            }
            return other == null ? new Undefined("an inline \"if\" without \"else\" has no value") : other.in(scope);
        }
    }

    /**
     * What stands between a call's brackets.
     *
     * @param rest {@code *rest}, or null
     * @param more {@code **more}, or null
     */
    record Given(List<Expression> positional, Map<String, Expression> named, Expression rest, Expression more) {
        static final Given NOTHING = new Given(List.of(), Map.of(), null, null);

        Arguments in(Scope scope) {
            List<Object> values = new ArrayList<>();
            positional.forEach(value -> values.add(value.in(scope)));
            if (rest != null) {
                values.addAll(Values.all(rest.in(scope)));
            }
            Map<String, Object> names = new LinkedHashMap<>();
            named.forEach((name, value) -> names.put(name, value.in(scope)));
            if (more != null) {
                if (!(more.in(scope) instanceof Map<?, ?> dict)) {
                    throw new TemplateException("what stands behind ** is no dict");
                }
                dict.forEach((name, value) -> names.put(Values.text(name), value));
            }
            return new Arguments(Collections.unmodifiableList(values), Collections.unmodifiableMap(names));
        }
    }
}
