package io.sinkstream.testing.wronghouse.stream;

import java.util.logging.Logger;

/** A name that says nothing, the wrong logger, and a standard stream. */
public final class StreamManager {
    @Override
    public String toString() {
        Logger.getLogger("wrong").fine("wrong");
        System.out.println("wrong");
        return "wrong";
    }
}
