package io.sinkstream.dialogue;

/** A conversation that has no room for a turn. */
final class ContextFullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ContextFullException(String message) {
        super(message);
    }
}
