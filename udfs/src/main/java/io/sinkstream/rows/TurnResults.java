package io.sinkstream.rows;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.StreamResult;
import java.util.Arrays;
import java.util.List;

/**
 * Gives the rows of a turn their numbers, and their stream its next state.
 *
 * <p>A row with a number that is not finite is a row with an error: its tokens are no part of its stream, and the other rows
 * of its turn are run again without them. Only its order counts.
 */
final class TurnResults<R> {
    private final TextTokenizer tokenizer;
    private final FiniteNumbers finite;

    /** @param tokenizer null for continuations without a text */
    TurnResults(TextTokenizer tokenizer, FiniteNumbers finite) {
        this.tokenizer = tokenizer;
        this.finite = finite;
    }

    void accept(Turn<R> turn, StreamResult.Advanced result) {
        if (turn.state().position() > 0) {
            long rebuilt = result.rebuiltTokens();
            turn.rows().get(0).caches(rebuilt > 0 ? CacheUse.rebuilt(rebuilt) : CacheUse.HIT);
        }
        if (result.continuation().finish() == null) {
            scored(turn, result);
        } else {
            continued(turn, result);
        }
    }

    private void scored(Turn<R> turn, StreamResult.Advanced result) {
        List<RowInHand<R>> rows = turn.rows();
        StreamTotals totals = turn.stream().kept().totals();
        long position = turn.state().position();
        int done = 0;
        int width = result.nll().length == 0 ? 0 : result.details().length / result.nll().length;
        for (int i = 0; i < rows.size(); i++) {
            RowInHand<R> row = rows.get(i);
            double[] nll = Arrays.copyOfRange(result.nll(), done, done + turn.tokens(i));
            Numbers numbers = Numbers.of(nll, position + done == 0);
            if (!numbers.areFinite()) {
                odd(turn, numbers.nll());
                return;
            }
            double[] details = Arrays.copyOfRange(result.details(), done * width, (done + nll.length) * width);
            done += nll.length;
            totals = with(totals, row, numbers);
            row.outcome(new Scored(
                    nll.length,
                    numbers.predicted(),
                    numbers.nll(),
                    row.textBytes(),
                    position + done,
                    totals.perplexity(),
                    nll,
                    details));
        }
        turn.stream().kept().advance(turn.tokens(), result.state(), totals);
    }

    private void continued(Turn<R> turn, StreamResult.Advanced result) {
        RowInHand<R> row = turn.rows().get(0);
        KeptStream kept = turn.stream().kept();
        Continuation more = result.continuation();
        Numbers numbers = Numbers.of(result.nll(), turn.state().position() == 0);
        if (!numbers.areFinite() || !Double.isFinite(more.nll())) {
            odd(turn, numbers.areFinite() ? more.nll() : numbers.nll());
        } else {
            row.outcome(new Continued(
                    turn.tokens().length + more.tokens().length,
                    tokenizer == null ? null : text(kept, turn.tokens(), more),
                    more.tokens(),
                    more.finish(),
                    more.nll(),
                    result.state().position(),
                    more.lookup()));
            kept.advance(
                    Tokens.joined(turn.tokens(), more.tokens()), result.state(), with(kept.totals(), row, numbers));
            finite.seen();
        }
    }

    private String text(KeptStream kept, int[] prompt, Continuation more) {
        if (more.text() != null) {
            return more.text();
        }
        int[] before = Tokens.joined(kept.last(ContinuationText.CONTEXT), prompt);
        return ContinuationText.of(tokenizer, before, more.tokens());
    }

    private StreamTotals with(StreamTotals totals, RowInHand<R> row, Numbers numbers) {
        if (numbers.predicted() > 0) {
            finite.seen();
        }
        return totals.with(numbers.predicted(), numbers.nll(), row.time()).withLastOrder(row.order());
    }

    /** A masked NaN is still one in a sum, so any row of a turn may be the one at fault: they are run again, one by one. */
    private void odd(Turn<R> turn, double number) {
        OpenStream<R> stream = turn.stream();
        finite.missing();
        stream.kept().spoilt();
        if (turn.rows().size() > 1) {
            stream.takeCare();
            for (int i = turn.rows().size() - 1; i >= 0; i--) {
                stream.waiting().addFirst(turn.rows().get(i));
            }
            return;
        }
        turn.bad(RowProblem.NOT_FINITE, "the model's numbers for the row are not finite: " + number);
        stream.kept().passOver(turn.rows().get(0).order());
    }

    /**
     * What the NLLs of a row's tokens come to.
     *
     * @param nll their sum; if that should be finite and is not, the first of them that is not
     */
    private record Numbers(int predicted, double nll) {
        /** @param begins whether nothing predicts the first token */
        static Numbers of(double[] nll, boolean begins) {
            double sum = 0;
            int first = begins && nll.length > 0 ? 1 : 0;
            for (int i = first; i < nll.length; i++) {
                if (!Double.isFinite(nll[i])) {
                    return new Numbers(0, nll[i]);
                }
                sum += nll[i];
            }
            return new Numbers(nll.length - first, sum);
        }

        boolean areFinite() {
            return Double.isFinite(nll);
        }
    }
}
