package io.sinkstream.chat;

/**
 * A piece of a template.
 *
 * @param text as it is written, and of data what is left of it
 * @param value of a literal
 * @param line from 1
 */
record Token(Kind kind, String text, Object value, int line) {
    enum Kind {
        DATA,
        VARIABLE_BEGIN,
        VARIABLE_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        LITERAL,
        OPERATOR,
        END
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    boolean isString() {
        return kind == Kind.LITERAL && value instanceof String;
    }

    /** As messages name it. */
    String shown() {
        return switch (kind) {
            case DATA -> "text";
            case VARIABLE_BEGIN -> "{{";
            case VARIABLE_END -> "}}";
            case BLOCK_BEGIN -> "{%";
            case BLOCK_END -> "%}";
            case END -> "the end of the template";
            default -> text;
        };
    }
}
