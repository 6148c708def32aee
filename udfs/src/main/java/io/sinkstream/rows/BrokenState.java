package io.sinkstream.rows;

/** What is stored of a stream is none of its states. Its rows get an error, and no other stream is affected. */
public final class BrokenState extends Exception {
    private static final long serialVersionUID = 1;

    /** A state with which this is wrong. */
    public BrokenState(String problem, Throwable cause) {
        super(problem, cause);
    }
}
