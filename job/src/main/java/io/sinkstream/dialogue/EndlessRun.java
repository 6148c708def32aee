package io.sinkstream.dialogue;

import io.sinkstream.benchmark.ResidentMemory;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.console.TextTable;
import io.sinkstream.rows.RowTask;
import io.sinkstream.rows.TurnTokens;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.settings.DialogueSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.FinishReason;
import io.sinkstream.stream.StreamModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** One answer of so many tokens. */
public final class EndlessRun {
    private static final int BLOCK = 1000;

    private final StreamModel model;
    private final DialogueOptions options;
    private final int tokens;
    private final int block;
    private final PrintWriter out;
    private final PrintWriter err;

    /**
     * A run that has not begun.
     *
     * @param model the options' one; the caller closes it
     * @param tokens how many are written
     * @param out takes the text
     * @param err takes the numbers
     */
    public EndlessRun(StreamModel model, DialogueOptions options, int tokens, PrintWriter out, PrintWriter err) {
        this(model, options, tokens, BLOCK, out, err);
    }

    /** The same with a number for each so many tokens. */
    EndlessRun(StreamModel model, DialogueOptions options, int tokens, int block, PrintWriter out, PrintWriter err) {
        this.model = model;
        this.options = options;
        this.tokens = tokens;
        this.block = block;
        this.out = out;
        this.err = err;
    }

    /**
     * Writes it.
     *
     * @param prompt what it begins with; null for what the tokenizer puts in front of a text
     * @param output takes the text, and a file beside it that ends with .csv the numbers; null for nowhere
     * @param isOver whether it is to end with the token at hand
     */
    public void run(String prompt, Path output, BooleanSupplier isOver) {
        int[] begin = prompt(prompt);
        long room = options.longest() - begin.length;
        if (room < 1) {
            throw new UserException(DialogueSettings.PROMPT + ": has " + begin.length
                    + " tokens; the model's context of " + options.longest() + " has no room behind it");
        }
        RowTask.Continue task = task((int) Math.min(room, tokens));
        if (output == null) {
            speak(begin, task, null, null, isOver);
            return;
        }
        try (Writer text = Files.newBufferedWriter(output);
                RowFile record = RowFile.begin(record(output))) {
            speak(begin, task, text, record, isOver);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the numbers go of a text that goes to {@code output}. */
    public static Path record(Path output) {
        return output.resolveSibling(output.getFileName() + ".csv");
    }

    private int[] prompt(String prompt) {
        TextTokenizer tokenizer = model.tokenizer().orElseThrow();
        int[] begin = prompt == null ? tokenizer.prefix() : new TurnTokens(options.prompt(), tokenizer).first(prompt);
        if (begin.length == 0) {
            throw new UserException(
                    DialogueSettings.PROMPT + ": there is none, and the tokenizer puts nothing in front of a"
                            + " text; an answer needs at least one token before it");
        }
        return begin;
    }

    /** The model can't end it: no end-of-sequence token comes before all others, unless one is a token like others. */
    private RowTask.Continue task(int most) {
        RowTask.Continue given = options.task();
        Sampling sampling = given.sampling();
        Bans bans = sampling.bans();
        Sampling endless = given.ignoreEos()
                ? sampling
                : sampling.withBans(new Bans(bans.noRepeatNgramSize(), bans.badWords(), most, bans.suppressed()));
        return new RowTask.Continue(most, given.ignoreEos(), endless, given.lookupTokens());
    }

    private void speak(int[] begin, RowTask.Continue task, Writer text, RowFile record, BooleanSupplier isOver) {
        Recorder recorder = new Recorder(text, record, isOver);
        Spoken spoken = options.speaker(model).speak(task.start(model), begin, task, recorder);
        out.println();
        recorder.finish();
        boolean isCut = spoken.answer().finish() == FinishReason.LENGTH && task.maxNewTokens() < tokens;
        err.println("ended after " + TextTable.count(spoken.answer().tokens().length) + " tokens"
                + (isCut
                        ? ": the model's context of " + TextTable.count(options.longest()) + " is full"
                        : spoken.answer().finish() == FinishReason.STOP && !isOver.getAsBoolean()
                                ? ": a stop text or token came, or none was left that could come"
                                : ""));
    }

    /** Writes what comes, and a row of numbers for each block. */
    private final class Recorder implements Hearer {
        private final Writer text;
        private final RowFile record;
        private final BooleanSupplier isOver;
        private final Fluency fluency = new Fluency();
        private final long start = System.nanoTime();
        private long blockStart = start;
        private long count;
        private double nll;

        Recorder(Writer text, RowFile record, BooleanSupplier isOver) {
            this.text = text;
            this.record = record;
            this.isOver = isOver;
        }

        @Override
        public void reading(int done, int all) {
            err.println("read " + TextTable.count(done) + " of " + TextTable.count(all) + " tokens");
        }

        @Override
        public void drawn(int token, double tokenNll, String piece) {
            if (count + fluency.size() == 0) {
                // Reading the prompt is none of the block's time.
                blockStart = System.nanoTime();
            }
            write(piece);
            fluency.add(token, tokenNll);
            if (fluency.size() == block) {
                endBlock();
            }
        }

        @Override
        public boolean isEnough() {
            return isOver.getAsBoolean();
        }

        @Override
        public void ended(String rest) {
            write(rest);
        }

        private void write(String piece) {
            out.print(piece);
            out.flush();
            if (text != null) {
                try {
                    text.write(piece);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        /** The last block may be a short one. */
        void finish() {
            if (fluency.size() > 0) {
                endBlock();
            }
        }

        private void endBlock() {
            Fluency.Block end = fluency.end();
            long now = System.nanoTime();
            count += end.tokens();
            nll += end.nll();
            double rate = end.tokens() / ((now - blockStart) / 1e9);
            blockStart = now;
            long resident = ResidentMemory.bytes() >> 20;
            double perplexity = Math.exp(end.nll() / end.tokens());
            err.println(String.format(
                    Locale.ROOT,
                    "%,d tokens, %.1f tokens/s, %,d MiB, perplexity %.3f, distinct 2-grams %.3f, repetition %.3f",
                    count,
                    rate,
                    resident,
                    perplexity,
                    end.distinct().get(1),
                    end.repetition()));
            if (record != null) {
                record.add(row(end, perplexity, rate, (now - start) / 1e9, resident));
                flush();
            }
        }

        private Map<String, Object> row(
                Fluency.Block end, double perplexity, double rate, double seconds, long resident) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("tokens", count);
            row.put("perplexity", perplexity);
            row.put("overall_perplexity", Math.exp(nll / count));
            for (int n = 1; n <= Fluency.LONGEST; n++) {
                double share = end.distinct().get(n - 1);
                row.put("distinct_" + n, Double.isNaN(share) ? null : share);
            }
            row.put("repetition", end.repetition());
            row.put("seconds", seconds);
            row.put("tokens_per_second", rate);
            row.put("resident_mib", resident);
            return row;
        }

        private void flush() {
            try {
                text.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
