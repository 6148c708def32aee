package io.sinkstream.stream;

import java.util.Locale;

/** Why a continuation ended. */
public enum FinishReason {
    /** It has as many tokens as were asked for. */
    LENGTH,
    /** The model ended it. */
    EOS,
    /** A stop text or token came, no token was left that could come, or its listener wanted no more. */
    STOP;

    /** As it stands in results. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
