package io.sinkstream.djl;

import io.sinkstream.rows.MemoryStreams;
import io.sinkstream.rows.Order;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.rows.RowFields;
import io.sinkstream.rows.RowOptions;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowTask;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelDescription;
import io.sinkstream.stream.StreamModel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Runs texts through a block's model, each as a stream of its own, also where two are the same; but what is drawn by chance depends on
 * the text alone.
 */
final class TextRuns {
    private static final int OBJECT_BYTES = 48;

    private final StreamBlock block;
    private final RowOptions rows;

    /**
     * Runs of texts that are read so.
     *
     * @throws UserException if the model has no tokenizer
     */
    TextRuns(StreamBlock block, RowOptions rows) {
        if (!block.model().description().tokenizer()) {
            throw new UserException(Settings.MODEL + ": " + block.options().model()
                    + " has no tokenizer.json, so that no text can be read; add it");
        }
        this.block = block;
        this.rows = rows;
    }

    /** Checks that the model can do it. Throws UserException if it can't. */
    void check(RowTask task) {
        ModelDescription description = block.model().description();
        task.check(block.options().model().toString(), description);
    }

    /** What becomes of each of these texts, one of which may be null. */
    List<RowOutcome> run(RowTask task, List<String> texts) {
        StreamModel model = block.model();
        Iterator<Text> all = IntStream.range(0, texts.size())
                .mapToObj(i -> new Text(i, texts.get(i)))
                .iterator();
        List<RowOutcome> outcomes = new ArrayList<>(texts.size());
        try (MemoryStreams states = new MemoryStreams(model, UUID.randomUUID().toString());
                RowEngine<Text> engine = new RowEngine<>(
                        all,
                        Fields.ALL,
                        model,
                        task,
                        rows,
                        states,
                        block.options().passTokens())) {
            engine.forEachRemaining(result -> outcomes.add(result.outcome()));
        }
        return outcomes;
    }

    /** One of the texts; {@code text} may be null. */
    private record Text(int index, String text) {}

    private enum Fields implements RowFields<Text> {
        ALL;

        @Override
        public String key(Text row) {
            return Integer.toString(row.index());
        }

        @Override
        public String chance(Text row) {
            return row.text() == null ? "" : row.text();
        }

        @Override
        public boolean isOrdered() {
            return false;
        }

        @Override
        public Order order(Text row) {
            return null;
        }

        @Override
        public boolean hasContent(Text row) {
            return row.text() != null;
        }

        @Override
        public String text(Text row) {
            return row.text();
        }

        @Override
        public int[] tokens(Text row) {
            throw new IllegalStateException("a request has a text");
        }

        @Override
        public long bytes(Text row) {
            return OBJECT_BYTES
                    + (row.text() == null
                            ? 0
                            : (long) Character.BYTES * row.text().length());
        }
    }
}
