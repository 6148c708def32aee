package io.sinkstream.chat;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What stands behind {@code is}. */
final class Conditions {
    private static final Set<String> COMPARE = Set.of(
            "divisibleby",
            "sameas",
            "in",
            "eq",
            "equalto",
            "==",
            "ne",
            "!=",
            "gt",
            "greaterthan",
            ">",
            "ge",
            ">=",
            "lt",
            "lessthan",
            "<",
            "le",
            "<=");
    private static final Set<String> KINDS = Set.of(
            "odd",
            "even",
            "defined",
            "undefined",
            "filter",
            "test",
            "none",
            "boolean",
            "false",
            "true",
            "integer",
            "float",
            "lower",
            "upper",
            "string",
            "mapping",
            "number",
            "sequence",
            "iterable",
            "callable");

    private Conditions() {}

    static boolean has(String name) {
        return COMPARE.contains(name) || KINDS.contains(name);
    }

    /** Throws TemplateException if there is no such condition, or it can't be asked of the value. */
    static boolean holds(String name, Object value, Arguments arguments) {
        if (!has(name)) {
            throw new TemplateException("the test \"" + name + "\" is not supported");
        }
        String what = "the test \"" + name + "\"";
        if (COMPARE.contains(name)) {
            return compares(name, value, arguments.bind(what, 1, "other").value(0));
        }
        arguments.bind(what, 0);
        return isOfKind(name, value);
    }

    private static boolean compares(String name, Object value, Object other) {
        return switch (name) {
            case "divisibleby" -> Values.equal(Numbers.operate("%", value, other), 0L);
            case "sameas" -> isSame(value, other);
            case "in" -> Values.contains(other, value);
            case "eq", "equalto", "==" -> Values.equal(value, other);
            case "ne", "!=" -> !Values.equal(value, other);
            case "gt", "greaterthan", ">" -> Values.compare(value, other) > 0;
            case "ge", ">=" -> Values.compare(value, other) >= 0;
            case "lt", "lessthan", "<" -> Values.compare(value, other) < 0;
            default -> Values.compare(value, other) <= 0;
        };
    }

    /** As far as Python says it of any two: None, true and false are one each. */
    private static boolean isSame(Object value, Object other) {
        if (value == null || value instanceof Boolean || other == null || other instanceof Boolean) {
            return Objects.equals(value, other);
        }
        throw new TemplateException("the test \"sameas\" is supported with none, true and false alone");
    }

    private static boolean isOfKind(String name, Object value) {
        return switch (name) {
            case "odd" -> Values.equal(Numbers.operate("%", value, 2L), 1L);
            case "even" -> Values.equal(Numbers.operate("%", value, 2L), 0L);
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "filter" -> Filters.has(Values.text(value));
            case "test" -> has(Values.text(value));
            case "none" -> value == null;
            case "boolean" -> value instanceof Boolean;
            case "false" -> Boolean.FALSE.equals(value);
            case "true" -> Boolean.TRUE.equals(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "lower" -> StringMethods.hasCase(Values.text(value), Character::isLowerCase);
            case "upper" -> StringMethods.hasCase(Values.text(value), Character::isUpperCase);
            case "string" -> value instanceof String || value instanceof SafeText;
            case "mapping" -> value instanceof Map;
            case "number" -> Numbers.isNumber(value);
            case "sequence" -> value instanceof String || value instanceof List || value instanceof Map;
            case "iterable" ->
                value instanceof String
                        || value instanceof List
                        || value instanceof Map
                        || value instanceof View
                        || value instanceof Iterator
                        || value instanceof Undefined;
            default -> value instanceof Callable || value instanceof Undefined;
        };
    }
}
