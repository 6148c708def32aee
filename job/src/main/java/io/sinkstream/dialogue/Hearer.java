package io.sinkstream.dialogue;

import io.sinkstream.stream.TokenListener;

/** Hears of an answer while it is made, and says when it is enough. */
interface Hearer extends TokenListener {
    /** So many tokens of a long prompt are read, of all that it has. On the caller's thread. */
    void reading(int done, int all);
}
