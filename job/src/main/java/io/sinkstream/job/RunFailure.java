package io.sinkstream.job;

/** What made a running job fail, in words that are enough without a stack trace. */
final class RunFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    RunFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
