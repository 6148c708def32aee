package io.sinkstream.dialogue;

import java.util.Optional;

/** Where a dialogue is held. */
public interface ChatConsole extends AutoCloseable {
    /** What the user says next; a line that ends with a backslash goes on with the next one. Empty at the end of the input. */
    Optional<String> next();

    /** Shows a part of an answer. */
    void show(String text);

    /** Tells something that is no part of an answer, on a line of its own. */
    void tell(String line);

    /** Begins to listen for the user's wish that an answer ends; the caller closes it behind the answer. */
    Interruption listen();

    @Override
    void close();

    /** Whether the user has had enough of an answer. */
    interface Interruption extends AutoCloseable {
        /** Whether it was said. Called on any thread. */
        boolean isGiven();

        @Override
        void close();
    }
}
