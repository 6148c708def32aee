package io.sinkstream.dialogue;

import io.sinkstream.console.TextTable;
import io.sinkstream.rows.RowTask;
import io.sinkstream.rows.TurnTokens;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamState;

/** One stream of turns and answers without end. For one thread. Does not own the model. */
public final class Conversation {
    private final StreamModel model;
    private final DialogueOptions options;
    private final TurnTokens turnTokens;
    private final Speaker speaker;
    private StreamState state;
    /** Whether the last answer was cut off. */
    private boolean isOpen;

    private int turns;
    private long answered;
    private double nll;
    private double seconds;

    /**
     * One without turns.
     *
     * @param model the options' one; the caller closes it
     */
    public Conversation(StreamModel model, DialogueOptions options) {
        this.model = model;
        this.options = options;
        turnTokens = new TurnTokens(options.prompt(), model.tokenizer().orElseThrow());
        speaker = options.speaker(model);
        state = options.task().start(model);
    }

    /**
     * What a turn of this text appends to the stream.
     *
     * @throws UserException if the text can't be one
     */
    int[] tokens(String text) {
        int[] prompt = state.position() == 0 ? turnTokens.first(text) : turnTokens.next(text);
        if (state.position() + prompt.length == 0) {
            throw new UserException("the prompt is empty; an answer needs at least one token before it");
        }
        return prompt;
    }

    /**
     * Takes a turn.
     *
     * @param prompt its tokens
     * @throws UserException if the model has no numbers for it
     * @throws ContextFullException if there is no room for it, which leaves the conversation as it was
     */
    Answer say(int[] prompt, Hearer hearer) {
        Answer answer = speak(prompt, options.task(), hearer);
        turns++;
        return answer;
    }

    /**
     * Goes on with an answer that was cut off, as if it had not been.
     *
     * @throws UserException if the last one was not
     * @throws ContextFullException if there is no room for more
     */
    Answer goOn(Hearer hearer) {
        if (!isOpen) {
            throw new UserException("there is no answer that was cut off");
        }
        RowTask.Continue task = options.task();
        Sampling sampling = task.sampling();
        // The least of an answer was counted from its beginning.
        return speak(
                new int[0],
                new RowTask.Continue(
                        task.maxNewTokens(),
                        task.ignoreEos(),
                        sampling.withBans(sampling.bans().withMinNewTokens(0)),
                        task.lookupTokens()),
                hearer);
    }

    private Answer speak(int[] prompt, RowTask.Continue how, Hearer hearer) {
        long start = System.nanoTime();
        long room = options.longest() - state.position() - prompt.length;
        if (room < 1) {
            throw new ContextFullException("the model's context of " + TextTable.count(options.longest())
                    + " tokens has no room for these " + TextTable.count(prompt.length) + " behind the "
                    + TextTable.count(state.position()) + " that are there, and " + ExperimentSettings.EXPERIMENT
                    + " transformers drops none");
        }
        RowTask.Continue task = how.atMost((int) Math.min(room, how.maxNewTokens()));
        TimedHearer timed = new TimedHearer(hearer);
        Spoken spoken = speaker.speak(state, prompt, task, timed);
        state = spoken.state();
        FinishReason finish = spoken.answer().finish();
        isOpen = finish == FinishReason.LENGTH || (finish == FinishReason.STOP && hearer.isEnough());
        long end = System.nanoTime();
        Answer answer = new Answer(
                prompt.length,
                spoken.promptPerplexity(),
                spoken.answer(),
                (timed.first(end) - start) / 1e9,
                (end - start) / 1e9,
                spoken.answer().tokens().length == room);
        count(answer);
        return answer;
    }

    private void count(Answer answer) {
        answered += answer.tokens();
        nll += answer.spoken().nll();
        seconds += answer.seconds();
    }

    /** Begins anew. */
    void reset() {
        speaker.forget();
        state = options.task().start(model);
        isOpen = false;
        turns = 0;
        answered = 0;
        nll = 0;
        seconds = 0;
    }

    /** The stream as it is now. */
    StreamState state() {
        return state;
    }

    /** Goes on with another stream of the same model. */
    void goOn(StreamState other) {
        reset();
        state = other;
    }

    StreamModel model() {
        return model;
    }

    DialogueOptions options() {
        return options;
    }

    /** How many turns it took since it began. */
    int turns() {
        return turns;
    }

    /** How many tokens it answered. */
    long answered() {
        return answered;
    }

    /** Of all its answers; NaN if there is none. */
    double perplexity() {
        return Math.exp(nll / answered);
    }

    /** What all turns took. */
    double seconds() {
        return seconds;
    }

    /** Notes when the first token comes. */
    private static final class TimedHearer implements Hearer {
        private final Hearer other;
        private volatile long first;

        TimedHearer(Hearer other) {
            this.other = other;
        }

        long first(long fallback) {
            return first == 0 ? fallback : first;
        }

        @Override
        public void drawn(int token, double tokenNll, String text) {
            if (first == 0) {
                first = System.nanoTime();
            }
            other.drawn(token, tokenNll, text);
        }

        @Override
        public boolean isEnough() {
            return other.isEnough();
        }

        @Override
        public void ended(String text) {
            other.ended(text);
        }

        @Override
        public void reading(int done, int all) {
            other.reading(done, all);
        }
    }
}
