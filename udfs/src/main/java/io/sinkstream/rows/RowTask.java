package io.sinkstream.rows;

import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.SamplingSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

/** What is done with rows. */
public sealed interface RowTask extends Serializable {
    /** The most tokens that each row is continued with; 0 where rows are only scored. */
    int maxNewTokens();

    /**
     * Checks that a model can do it.
     *
     * @param model its name, for the message
     * @throws UserException if it can't
     */
    void check(String model, ModelDescription description);

    /** The columns that come out, without a prefix. */
    List<ResultColumn> columns();

    /** The state of a stream without rows. */
    default StreamState start(StreamModel model) {
        return model.start();
    }

    /**
     * An update that does it.
     *
     * @param chance what the stream's draws depend on beside the seed
     */
    StreamUpdate update(String chance, StreamName name, StreamState state, int[] tokens);

    /**
     * Rows are scored.
     *
     * @param tokenNll whether every token's NLL comes out
     * @param shown what else comes out of every token
     * @param details what is known of every token; what is shown is among it
     */
    record Score(boolean tokenNll, TokenDetails shown, TokenDetails details) implements RowTask {
        /** All that is known comes out. */
        public Score(boolean tokenNll, TokenDetails shown) {
            this(tokenNll, shown, shown);
        }

        /** What these settings say. */
        public static Score from(SettingValues values) {
            TokenDetails shown = new TokenDetails(
                    values.require(Settings.TOKEN_RANK),
                    values.require(Settings.ENTROPY),
                    values.require(Settings.TOP_LOGPROBS));
            return new Score(
                    values.require(Settings.TOKEN_NLL),
                    shown,
                    OddSettings.isAsked(values)
                            ? shown.and(values.require(OddSettings.ODD_BY).details())
                            : shown);
        }

        @Override
        public int maxNewTokens() {
            return 0;
        }

        @Override
        public void check(String model, ModelDescription description) {
            if (details.likeliest() > description.vocabularySize()) {
                throw new UserException(Settings.TOP_LOGPROBS + ": " + details.likeliest() + " is more than the "
                        + description.vocabularySize() + " tokens of " + model + "'s vocabulary");
            }
        }

        @Override
        public List<ResultColumn> columns() {
            return ResultColumns.scored(this);
        }

        @Override
        public StreamUpdate update(String chance, StreamName name, StreamState state, int[] tokens) {
            return new StreamUpdate.Score(name, state, tokens, details);
        }
    }

    /**
     * Rows are turns, each of which is continued.
     *
     * @param maxNewTokens the most tokens of a continuation, at least 1
     * @param ignoreEos whether it runs on past the model's end-of-sequence token
     * @param sampling how its tokens are chosen, and what else ends it
     * @param lookupTokens the most of them that are looked up and run at once; 0 for none
     */
    record Continue(int maxNewTokens, boolean ignoreEos, Sampling sampling, int lookupTokens) implements RowTask {
        /** What these settings say, and the checkpoint's where they say nothing. */
        public static Continue from(SettingValues values, GenerationConfig checkpoint) {
            return new Continue(
                    checkpoint.maxNewTokens(values),
                    values.require(GenerationSettings.IGNORE_EOS),
                    checkpoint.sampling(values),
                    values.require(GenerationSettings.LOOKUP_TOKENS));
        }

        @Override
        public List<ResultColumn> columns() {
            return ResultColumns.CONTINUED;
        }

        @Override
        public StreamState start(StreamModel model) {
            return model.start(sampling);
        }

        /** The settings that continuations have beside those of all rows, in the order of the help. */
        public static List<Setting<?>> settings() {
            return Stream.of(GenerationSettings.all(), GenerationConfig.settings())
                    .<Setting<?>>flatMap(List::stream)
                    .toList();
        }

        /** Its tokens and stop texts have to be the model's. */
        @Override
        public void check(String model, ModelDescription description) {
            sampling.problem(description.vocabularySize()).ifPresent(problem -> {
                throw new UserException(Settings.MODEL + ": " + model + ": " + problem);
            });
            if (!description.tokenizer() && !sampling.stops().texts().isEmpty()) {
                throw new UserException(SamplingSettings.STOP + ": " + model
                        + " has no tokenizer.json, so that there is no text to find it in; give "
                        + SamplingSettings.STOP_TOKEN_IDS);
            }
        }

        /** The same with at most so many tokens. */
        public Continue atMost(int tokens) {
            return new Continue(tokens, ignoreEos, sampling, lookupTokens);
        }

        @Override
        public StreamUpdate.Continue update(String chance, StreamName name, StreamState state, int[] tokens) {
            return StreamUpdate.generate(name, state, tokens, maxNewTokens, ignoreEos)
                    .sampled(sampling, chance)
                    .lookingUp(lookupTokens);
        }
    }
}
