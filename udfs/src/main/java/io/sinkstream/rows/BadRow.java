package io.sinkstream.rows;

/** What is wrong with one row. Costs no other row anything. */
public final class BadRow extends Exception {
    private static final long serialVersionUID = 1;

    private final RowProblem problem;

    /** A row with this problem, told in words. */
    public BadRow(RowProblem problem, String message) {
        // Rows can be bad by the million: no stack trace.
        super(message, null, false, false);
        this.problem = problem;
    }

    /** Which of the problems it is. */
    public RowProblem problem() {
        return problem;
    }
}
