package io.sinkstream.stream;

import io.sinkstream.decoder.Candidates;
import io.sinkstream.decoder.LogitEdits;
import io.sinkstream.decoder.TokenChooser;

/** Looks at the likeliest tokens that may follow a row, and remembers them. */
final class Look implements TokenChooser {
    private final TokenChooser chooser;
    private final int most;
    private Candidates found;

    /**
     * A look at those of a chooser.
     *
     * @param most how many at least
     */
    Look(TokenChooser chooser, int most) {
        this.chooser = chooser;
        this.most = most;
    }

    @Override
    public LogitEdits edits() {
        return chooser.edits();
    }

    @Override
    public double temperature() {
        return 1;
    }

    @Override
    public int candidates() {
        return most;
    }

    @Override
    public int choose(Candidates candidates) {
        found = candidates;
        return chooser.choose(candidates);
    }

    /** What was there, once a pass was made. */
    Candidates found() {
        return found;
    }
}
