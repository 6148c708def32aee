package io.sinkstream.benchmark;

/** Whoever reads a text without end and answers its questions. */
interface Answerer {
    /**
     * Reads on, and answers.
     *
     * @return what it says: the answer to the letter if it is right, else what it said up to where it went wrong
     */
    String answer(Question question);
}
