package io.sinkstream.train;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * When a training ends before its time: as a rule of its log alone, so that one that goes on from a state ends where it would have.
 *
 * @param states in a row that may be no better than the best before them; 0 for any number
 */
record Patience(int states) {
    /** Whether a training with this log, whose last entry is that of a state, has ended. */
    boolean isOver(List<LogEntry> log) {
        Optional<LogEntry> best = best(log);
        return states > 0
                && best.isPresent()
                && log.stream()
                                .filter(Patience::isOfState)
                                .filter(entry -> entry.step() > best.get().step())
                                .count()
                        >= states;
    }

    /** The first of the states with the smallest loss on the validation samples; empty where the last state is the one to take. */
    Optional<LogEntry> best(List<LogEntry> log) {
        return states == 0
                ? Optional.empty()
                : log.stream().filter(Patience::isOfState).min(Comparator.comparingDouble(LogEntry::validation));
    }

    private static boolean isOfState(LogEntry entry) {
        return !Double.isNaN(entry.validation());
    }
}
