package io.sinkstream.state;

/** A stored state that is not this query's to continue. */
final class ForeignStateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ForeignStateException(String message) {
        super(message);
    }
}
