package io.sinkstream.train;

import io.sinkstream.settings.Objective;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * What a token sees of its text. On both sides it is a window, and the first tokens, as the streaming rule has them: a sink at j
 * stands at the distance min(t, S + R) - j from a token at t.
 *
 * @param form who sees whom
 * @param sinks S; 0 where all before is seen
 * @param window R, to each side; 0 where all before is seen
 */
record AttentionSpan(Form form, int sinks, int window) implements Serializable {
    /** All before it. */
    static final AttentionSpan CAUSAL = new AttentionSpan(Form.CAUSAL, 0, 0);

    /** Who sees whom. */
    enum Form {
        /** A token sees all before it. */
        CAUSAL,
        /** A token sees the first S, and R on each side. The first S see no more than that. */
        SEEN,
        /**
         * The same, and the first S see every token: the global tokens of BigBird's internal construction (Zaheer et al. 2020, arXiv
         * 2007.14062, section 2).
         */
        GLOBAL
    }

    /** A window alone. */
    static AttentionSpan window(int window) {
        return new AttentionSpan(Form.SEEN, 0, window);
    }

    /** First tokens that all see. */
    static AttentionSpan seen(int sinks, int window) {
        return new AttentionSpan(Form.SEEN, sinks, window);
    }

    /** First tokens that all see and that see all. */
    static AttentionSpan global(int sinks, int window) {
        return new AttentionSpan(Form.GLOBAL, sinks, window);
    }

    /** The span that these settings say; refuses what an encoder has not, and what a decoder has not. */
    static AttentionSpan from(SettingValues values) {
        if (values.require(TrainingSettings.OBJECTIVE) == Objective.CAUSAL) {
            for (Setting<Integer> own : List.of(Settings.SINKS, Settings.WINDOW)) {
                if (values.isGiven(own)) {
                    throw new UserException(own + ": " + TrainingSettings.OBJECTIVE
                            + " causal trains on all of a sample; leave it out, or give " + TrainingSettings.OBJECTIVE
                            + " masked");
                }
            }
            return CAUSAL;
        }
        TrainedSink sink = values.require(TrainingSettings.SINK);
        if (sink == TrainedSink.ZERO || sink == TrainedSink.HEAD) {
            throw new UserException(TrainingSettings.SINK + ": " + sink.name().toLowerCase(Locale.ROOT)
                    + " is a decoder's; " + TrainingSettings.OBJECTIVE + " masked takes none or learnable");
        }
        int sinks = values.require(Settings.SINKS);
        int context = values.require(TrainingSettings.CONTEXT);
        if (sinks >= context) {
            throw new UserException(Settings.SINKS + ": " + sinks + " first tokens are all of a sample of "
                    + TrainingSettings.CONTEXT + " " + context + "; give fewer");
        }
        return global(sinks, values.require(Settings.WINDOW));
    }

    boolean isCausal() {
        return form == Form.CAUSAL;
    }
}
