package io.sinkstream.settings;

import java.util.List;

/**
 * Keeps DJL off the network: without these two it downloads natives (on a machine with a GPU, a CUDA build of the
 * tokenizers) and reports usage. They are read when its natives load, also in executors that no command line of ours
 * started, so code sets them. Who set one before, keeps it.
 */
public final class DjlOffline {
    private static final String OFFLINE = "ai.djl.offline";

    private DjlOffline() {}

    /** Sets what is not set. To be called before the engine or a tokenizer is first used. */
    public static void ensure() {
        for (String property : List.of(OFFLINE, "OPT_OUT_TRACKING")) {
            if (System.getProperty(property) == null) {
                System.setProperty(property, "true");
            }
        }
    }

    /** Leaves the network to DJL, where a program of DJL's asks for a model: its other models may come from there. */
    public static void leaveToDjl() {
        if (System.getProperty(OFFLINE) == null) {
            System.setProperty(OFFLINE, "false");
        }
    }
}
