package io.sinkstream.benchmark;

import java.io.Serializable;

/**
 * Predictions one after another from one stream, and what they need of the tokens before.
 *
 * @param first which of all predictions the first one is, from 0
 * @param stream which of the streams
 * @param position how many tokens of it were run before
 * @param sinks its first tokens
 * @param history its last tokens before these
 * @param run the token that is run last before each prediction
 * @param targets the token that is predicted
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them as a whole
record Stretch(int first, int stream, long position, int[] sinks, int[] history, int[] run, int[] targets)
        implements Serializable {
    /** How many predictions from {@code first} on are of one text, each of the token that the next one runs. */
    int straight(int first, int most) {
        int end = first + 1;
        while (end < run.length && end - first < most && targets[end - 1] == run[end]) {
            end++;
        }
        return end - first;
    }

    /** How many of them are each {@code step}-th of all predictions. */
    int count(int step) {
        return (first + run.length) / step - first / step;
    }

    /** Which of them is the first that is each {@code step}-th of all. */
    int start(int step) {
        return step - 1 - first % step;
    }
}
