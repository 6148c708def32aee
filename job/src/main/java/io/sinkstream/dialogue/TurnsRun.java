package io.sinkstream.dialogue;

import io.sinkstream.benchmark.ResidentMemory;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.UserException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The turns of a file as one conversation. */
public final class TurnsRun {
    private static final int PARTS = 4;

    private final Conversation conversation;
    private final List<FileTurn> turns;
    private final KnownWords words;
    private final PrintWriter out;
    private final PrintWriter err;
    private final List<TurnSums> parts =
            IntStream.range(0, PARTS).mapToObj(i -> new TurnSums()).toList();
    private final TurnSums all = new TurnSums();

    /**
     * A run that has not begun.
     *
     * @param words which count as words
     * @param out takes prompts and answers
     * @param err takes the numbers
     */
    public TurnsRun(
            Conversation conversation, List<FileTurn> turns, KnownWords words, PrintWriter out, PrintWriter err) {
        this.conversation = conversation;
        this.turns = turns;
        this.words = words;
        this.out = out;
        this.err = err;
    }

    /**
     * Takes them, until there is none or no room for one.
     *
     * @param log takes a row a turn; null for none
     * @param isOver whether it is to end with the turn at hand
     */
    public void run(Path log, BooleanSupplier isOver) {
        if (log == null) {
            take(row -> {}, isOver);
            return;
        }
        try (RowFile file = RowFile.begin(log)) {
            take(file::add, isOver);
        }
    }

    private void take(Consumer<Map<String, Object>> log, BooleanSupplier isOver) {
        for (int i = 0; i < turns.size() && !isOver.getAsBoolean(); i++) {
            FileTurn turn = turns.get(i);
            out.println("> " + turn.text());
            try {
                log.accept(answer(i, turn));
            } catch (ContextFullException e) {
                err.println("ended before turn " + (i + 1) + " of " + turns.size() + ": " + e.getMessage());
                break;
            }
        }
        report();
    }

    private Map<String, Object> answer(int index, FileTurn turn) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("turn", index + 1);
        row.put("line", turn.line());
        row.put("prompt", turn.text());
        int[] prompt;
        try {
            prompt = conversation.tokens(turn.text());
        } catch (UserException e) {
            err.println("turn " + (index + 1) + ": " + e.getMessage());
            return filled(row, null, new KnownWords.Count(0, 0), 0, e.getMessage());
        }
        Answer answer = conversation.say(prompt, new Shown(out, err));
        out.println();
        out.println();
        out.flush();
        long resident = ResidentMemory.bytes();
        KnownWords.Count count = words.count(answer.text());
        all.add(answer, count, resident);
        parts.get(PARTS * index / turns.size()).add(answer, count, resident);
        err.println(line(index, answer, count, resident));
        return filled(row, answer, count, resident, null);
    }

    /** The columns behind the prompt; of a turn without an answer all are null but the error. */
    private Map<String, Object> filled(
            Map<String, Object> row, Answer answer, KnownWords.Count count, long resident, String error) {
        boolean isGood = answer != null;
        row.put("answer", isGood ? answer.text() : null);
        row.put("finish_reason", isGood ? answer.spoken().finish().toString() : null);
        row.put("prompt_tokens", isGood ? answer.promptTokens() : null);
        row.put("prompt_perplexity", isGood ? number(answer.promptPerplexity()) : null);
        row.put("tokens", isGood ? answer.tokens() : null);
        row.put("perplexity", isGood ? number(answer.perplexity()) : null);
        row.put("words", isGood ? count.all() : null);
        row.put("known_words", isGood ? number(count.share()) : null);
        row.put(
                "distinct_characters",
                isGood ? answer.text().codePoints().distinct().count() : null);
        row.put("read_seconds", isGood ? answer.readSeconds() : null);
        row.put("seconds", isGood ? answer.seconds() : null);
        row.put("stream_tokens", isGood ? conversation.state().position() : null);
        row.put("resident_mib", isGood ? resident >> 20 : null);
        row.put("error", error);
        return row;
    }

    private static Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private String line(int index, Answer answer, KnownWords.Count count, long resident) {
        return String.format(
                Locale.ROOT,
                "turn %d of %d: %,d tokens in %.1f s, %.1f tokens/s, perplexity %s, known words %s, stream %,d tokens,"
                        + " %,d MiB%s",
                index + 1,
                turns.size(),
                answer.tokens(),
                answer.seconds(),
                answer.tokensPerSecond(),
                TextTable.number(answer.perplexity()),
                count.all() == 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * count.share()),
                conversation.state().position(),
                resident >> 20,
                answer.isCut() ? "; cut off by the model's context" : "");
    }

    private void report() {
        List<List<String>> rows = new ArrayList<>();
        for (int part = 0; part < PARTS; part++) {
            if (parts.get(part).turns() > 0) {
                int first = (turns.size() * part + PARTS - 1) / PARTS;
                int end = (turns.size() * (part + 1) + PARTS - 1) / PARTS;
                rows.add(parts.get(part).cells((first + 1) + " to " + end));
            }
        }
        rows.add(all.cells("all " + turns.size()));
        TextTable.print(err, TurnSums.titles(), rows);
    }

    /** Shows an answer as it comes. */
    private record Shown(PrintWriter out, PrintWriter err) implements Hearer {
        @Override
        public void reading(int done, int count) {
            err.println("read " + TextTable.count(done) + " of " + TextTable.count(count) + " tokens");
        }

        @Override
        public void drawn(int token, double nll, String text) {
            out.print(text);
            out.flush();
        }

        @Override
        public void ended(String text) {
            out.print(text);
        }
    }
}
