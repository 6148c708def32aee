package io.sinkstream.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What stands for an operator between two values. Whole numbers have 64 bits; where Python's would have more, that is told. */
final class Numbers {
    private static final int MOST_DIGITS = 17;

    private Numbers() {}

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    private static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    private static long whole(Object value) {
        return value instanceof Boolean bool ? (bool ? 1 : 0) : (Long) value;
    }

    static double real(Object value) {
        return value instanceof Double number ? number : whole(value);
    }

    static int compare(Object a, Object b) {
        if (isWhole(a) && isWhole(b)) {
            return Long.compare(whole(a), whole(b));
        }
        double left = real(a);
        double right = real(b);
        return Double.isFinite(left) && Double.isFinite(right)
                ? decimal(a).compareTo(decimal(b))
                : left == right ? 0 : Double.compare(left, right);
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double number ? new BigDecimal(number) : BigDecimal.valueOf(whole(value));
    }

    /** {@code left operator right}. */
    static Object operate(String operator, Object left, Object right) {
        Values.requireDefined(left);
        if (operator.equals("%") && left instanceof String text) {
            return PercentFormat.format(text, right);
        }
        Values.requireDefined(right);
        if (isNumber(left) && isNumber(right)) {
            try {
                return isWhole(left) && isWhole(right)
                        ? ofWhole(operator, whole(left), whole(right))
                        : ofReal(operator, real(left), real(right));
            } catch (ArithmeticException e) {
                throw new TemplateException(
                        left + " " + operator + " " + right + " is no number of 64 bits (" + e.getMessage() + ")", e);
            }
        }
        if (operator.equals("+")) {
            Object joined = joined(left, right);
            if (joined != null) {
                return joined;
            }
        }
        if (operator.equals("*") && isWhole(right) != isWhole(left)) {
            Object repeated = isWhole(right) ? repeated(left, whole(right)) : repeated(right, whole(left));
            if (repeated != null) {
                return repeated;
            }
        }
        throw new TemplateException(
                "\"" + operator + "\" between " + Values.type(left) + " and " + Values.type(right) + " is not defined");
    }

    private static Object ofWhole(String operator, long left, long right) {
        return switch (operator) {
            case "+" -> Math.addExact(left, right);
            case "-" -> Math.subtractExact(left, right);
            case "*" -> Math.multiplyExact(left, right);
            case "/" -> ofReal(operator, (double) left, (double) right);
            case "//" -> Math.floorDiv(left, right);
            case "%" -> Math.floorMod(left, right);
            default -> right < 0 ? (Object) Math.pow((double) left, (double) right) : (Object) power(left, right);
        };
    }

    private static long power(long base, long exponent) {
        if (Math.abs(base) <= 1) {
            return exponent == 0 || (base == -1 && exponent % 2 == 0) ? 1 : base;
        }
        return BigInteger.valueOf(base).pow((int) Math.min(exponent, Long.SIZE)).longValueExact();
    }

    private static Object ofReal(String operator, double left, double right) {
        if (right == 0 && (operator.startsWith("/") || operator.equals("%"))) {
            throw new ArithmeticException("division by zero");
        }
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "/" -> left / right;
            case "//" -> Math.floor(left / right);
            case "%" -> {
                double rest = left % right;
                yield rest != 0 && rest < 0 != right < 0 ? rest + right : rest;
            }
            default -> Math.pow(left, right);
        };
    }

    private static Object joined(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            Texts.requireRoom((long) a.length() + b.length());
            return a + b;
        }
        if ((Values.isList(left) && Values.isList(right)) || (left instanceof Tuple && right instanceof Tuple)) {
            Values.requireItems((long) ((List<?>) left).size() + ((List<?>) right).size());
            List<Object> all = new ArrayList<>((List<?>) left);
            all.addAll((List<?>) right);
            return left instanceof Tuple ? new Tuple(all) : Collections.unmodifiableList(all);
        }
        return null;
    }

    private static Object repeated(Object value, long times) {
        long count = Math.max(0, times);
        if (value instanceof String text) {
            Texts.requireRoom(Math.multiplyExact(text.length(), Math.min(count, Integer.MAX_VALUE)));
            return text.repeat((int) Math.min(count, Integer.MAX_VALUE));
        }
        if (value instanceof List<?> list && !(value instanceof Range)) {
            Values.requireItems(Math.multiplyExact(list.size(), Math.min(count, Integer.MAX_VALUE)));
            List<Object> all = new ArrayList<>();
            for (long i = 0; i < count && !list.isEmpty(); i++) {
                all.addAll(list);
            }
            return value instanceof Tuple ? new Tuple(all) : Collections.unmodifiableList(all);
        }
        return null;
    }

    static Object negative(Object value) {
        Values.requireDefined(value);
        if (value instanceof Double number) {
            return -number;
        }
        if (isWhole(value)) {
            return operate("-", 0L, value);
        }
        throw new TemplateException("a minus before " + Values.type(value) + " is not defined");
    }

    /** As few digits as tell it from every other number of its type. */
    static String repr(double number) {
        if (!Double.isFinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        BigDecimal exact = new BigDecimal(number);
        int digits = 1;
        BigDecimal shortest = exact.round(new MathContext(digits));
        while (shortest.doubleValue() != number && digits < MOST_DIGITS) {
            digits++;
            shortest = exact.round(new MathContext(digits));
        }
        BigDecimal plain = shortest.stripTrailingZeros();
        int exponent = plain.precision() - plain.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String text = plain.toPlainString();
            return text.contains(".") ? text : text + ".0";
        }
        String mantissa = plain.unscaledValue().abs().toString();
        return (number < 0 ? "-" : "")
                + mantissa.charAt(0)
                + (mantissa.length() > 1 ? "." + mantissa.substring(1) : "")
                + (exponent < 0 ? "e-" : "e+")
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
