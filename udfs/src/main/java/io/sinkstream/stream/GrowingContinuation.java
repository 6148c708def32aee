package io.sinkstream.stream;

import io.sinkstream.decoder.Candidates;
import io.sinkstream.decoder.TokenChooser;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.StopText;
import io.sinkstream.sampling.TokenSampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The continuation of one job, token by token. Touched by the model's thread only. */
final class GrowingContinuation {
    /** Tokens before the continuation that its text is read with. */
    private static final int CONTEXT = 16;

    private static final int[] NONE = {};

    private final StreamUpdate.Continue update;
    private final JobTerms terms;
    private int[] tokens = new int[0];
    private int count;
    private double nll;
    private FinishReason finish;
    private TokenSampler sampler;
    /** Null until tokens are proposed. */
    private Lookahead lookahead;

    /** Null until the first look. */
    private Look look;

    private StopText text;
    /** How many tokens the listener has heard of: a job that begins anew comes by them again. */
    private int told;

    GrowingContinuation(StreamUpdate.Continue update, JobTerms terms) {
        this.update = update;
        this.terms = terms;
    }

    private Sampling sampling() {
        return update.sampling();
    }

    /** Begins anew. */
    void restart() {
        count = 0;
        nll = 0;
        finish = null;
        sampler = null;
        lookahead = null;
        look = null;
        text = null;
    }

    /** Whether the stream's state lacks tokens that choices depend on. */
    boolean lacksHistory() {
        StreamState state = update.state();
        return sampling().looksBack()
                && !state.isWhole()
                && state.known() + 1 < Math.min(state.position(), terms.rule().window());
    }

    /** Whether each token is the winner of a {@link Contest}. */
    boolean isContrastive() {
        return sampling().contrast() != null;
    }

    /**
     * A contest between the tokens that may come next; null if there is none.
     *
     * @param last the stream's last token
     * @param position its position
     * @param hash of the stream before it
     * @param likeliest what may follow it; null for what {@link #chooser} has seen
     */
    Contest contest(int last, long position, long hash, Candidates likeliest) {
        Candidates candidates = likeliest == null ? look.found() : likeliest;
        int size = Contest.size(sampling().contrast(), candidates);
        List<Look> looks = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            TokenSampler ahead = sampler.copy();
            ahead.drawn(candidates.tokens()[i]);
            looks.add(look(ahead.next()));
        }
        return size == 0 ? null : new Contest(sampling().contrast(), last, position, hash, candidates, looks);
    }

    private Look look(TokenChooser chooser) {
        return new Look(chooser, sampling().contrast().topK());
    }

    /** Chooses the next token; null for the likeliest. */
    TokenChooser chooser() {
        if (sampling().isGreedy()) {
            return null;
        }
        if (sampler == null) {
            StreamState state = update.state();
            int window = terms.rule().window();
            sampler = new TokenSampler(
                    sampling(),
                    terms.ends(),
                    update.chance(),
                    terms.rule().sinks(),
                    window,
                    state.sinks(),
                    state.position(),
                    state.last(window));
            for (int token : update.tokens()) {
                sampler.given(token);
            }
        }
        if (isContrastive()) {
            look = look(sampler.next());
            return look;
        }
        return sampler.next();
    }

    /** Chooses what follows each of these tokens, if they come next; null for the likeliest. */
    List<TokenChooser> choosers(int[] proposed) {
        if (sampling().isGreedy()) {
            return Collections.nCopies(proposed.length, null);
        }
        TokenSampler ahead = sampler.copy();
        List<TokenChooser> choosers = new ArrayList<>(proposed.length);
        for (int token : proposed) {
            ahead.drawn(token);
            choosers.add(ahead.next());
        }
        return choosers;
    }

    /**
     * Tokens that are likely to come next; none if none are, or none are to be proposed.
     *
     * @param company how many rows a pass has without them
     */
    int[] proposed(int company) {
        int room = Math.min(update.lookupTokens(), update.maxNewTokens() - count - 1);
        if (room < 1) {
            return NONE;
        }
        if (lookahead == null) {
            int seen = terms.rule().sinks() + terms.rule().window();
            lookahead = new Lookahead(update.lookupTokens(), seen);
            StreamState state = update.state().append(update.tokens()).append(Arrays.copyOf(tokens, count));
            for (int token : state.last(seen)) {
                lookahead.add(token);
            }
        }
        return lookahead.propose(room, company);
    }

    /** Takes note of how many of the proposed tokens have come. */
    void judged(int proposed, int accepted) {
        lookahead.judged(proposed, accepted);
    }

    /** Takes the next token, -1 if none could come; returns whether another one is to follow it. */
    boolean accept(int token, double tokenNll) {
        if (token < 0) {
            finish = FinishReason.STOP;
            return false;
        }
        if (!update.ignoreEos() && terms.ends().contains(token)) {
            finish = FinishReason.EOS;
            return false;
        }
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, (int) Math.min(Math.max(64, 2L * count), update.maxNewTokens()));
        }
        tokens[count++] = token;
        nll += tokenNll;
        if (sampler != null) {
            sampler.drawn(token);
        }
        if (lookahead != null) {
            lookahead.add(token);
        }
        boolean isStop = sampling().stops().tokens().contains(token);
        String piece = isStop ? "" : read(token);
        if (isStop || (text != null && text.isStopped())) {
            finish = FinishReason.STOP;
        } else if (count == update.maxNewTokens()) {
            finish = FinishReason.LENGTH;
        }
        tell(token, tokenNll, piece);
        return finish == null;
    }

    private void tell(int token, double tokenNll, String piece) {
        TokenListener listener = update.listener();
        if (listener == null) {
            return;
        }
        if (count > told) {
            told = count;
            listener.drawn(token, tokenNll, piece);
        }
        // Of tokens that it has heard of before, the answer is old.
        if (finish == null && count == told && listener.isEnough()) {
            finish = FinishReason.STOP;
        }
    }

    private boolean isRead() {
        return terms.tokenizer() != null
                && (update.listener() != null || !sampling().stops().isNone());
    }

    private String read(int token) {
        if (!isRead()) {
            return "";
        }
        begin();
        return text.add(token);
    }

    private void begin() {
        if (text == null) {
            int[] before = update.state().append(update.tokens()).last(CONTEXT);
            // Without a prompt the text goes on where the stream's last continuation ended.
            int goesOn = update.tokens().length == 0 ? before.length : 0;
            text = new StopText(sampling().stops().texts(), terms.tokenizer(), before, goesOn);
        }
    }

    /** What it has come to. */
    Continuation end() {
        if (!isRead()) {
            if (update.listener() != null) {
                update.listener().ended("");
            }
            return new Continuation(Arrays.copyOf(tokens, count), nll, finish, null, counts());
        }
        begin();
        String rest = text.end();
        if (update.listener() != null) {
            update.listener().ended(rest);
        }
        return new Continuation(Arrays.copyOf(tokens, count), nll, finish, text.text(), counts());
    }

    private LookupCounts counts() {
        return lookahead == null ? LookupCounts.NONE : lookahead.counts();
    }
}
