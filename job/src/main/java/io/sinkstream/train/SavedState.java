package io.sinkstream.train;

import java.util.List;

/** A state, and the log up to it. Its last entry is the state's own. */
record SavedState(TrainingState state, List<LogEntry> log) {
    int step() {
        return log.isEmpty() ? 0 : log.get(log.size() - 1).step();
    }
}
