package io.sinkstream.rows;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.rows.RowOutcome.Continued;
import io.sinkstream.sampling.Bans;
import io.sinkstream.sampling.Draw;
import io.sinkstream.sampling.Penalties;
import io.sinkstream.sampling.Sampling;
import io.sinkstream.sampling.Stops;
import io.sinkstream.settings.LateRows;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** Continuous batching, from the rows to the passes: who has something to say is in the next pass. */
class IdlePlacesTest {
    private static final int CHUNK = 64;
    private static final int MOST_NEW = 96;

    /** A pass has room for a chunk of each conversation, newcomers' quarter of it too: who is not in it is idle. */
    private static final int PASS_TOKENS = 4 * 80 * CHUNK;

    /** Ends answers at lengths from a few tokens to all of them, as a model of dialogue does. */
    private static final Sampling SAMPLING =
            new Sampling(Penalties.NONE, Bans.NONE, new Draw(1, 0, 1, 0, 1, 23), new Stops(List.of("."), Set.of()));

    /** Of a stream whose turn ends its next begins a pass later, since rows are handed over while the model runs. */
    @Test
    void theTurnsOfMtBenchLeaveFewPlacesIdle() throws IOException {
        Path questions = Shared.require("data/mt_bench_questions.jsonl");
        Path folder = Shared.require("models/stories260K");
        try (StreamModel model =
                StreamModel.open(ModelOptions.of(folder).withAttention(4, 252).withChunk(CHUNK, PASS_TOKENS))) {
            Watched watched = new Watched(model);
            List<TestRow> rows = rows(questions, model.tokenizer().orElseThrow());
            List<Integer> lengths = new ArrayList<>();
            try (MemoryStreams states = new MemoryStreams(model, "idle")) {
                new RowEngine<>(
                                rows.iterator(),
                                new TestRow.Fields(true),
                                watched,
                                new RowTask.Continue(MOST_NEW, true, SAMPLING, 0),
                                new RowOptions(RowOptions.Content.TOKENS, Prompt.TEXT, "", LateRows.ERROR, 1 << 20),
                                states,
                                new SliceLimits(1_000, 1_000_000, 100_000_000))
                        .forEachRemaining(result -> lengths.add(((Continued) result.outcome()).continuation().length));
            }

            double idle = 1 - model.usage().streams() / (double) watched.passesWithWork();
            System.out.printf(
                    "%d turns of %d conversations, %d passes, %.1f %% of the places idle%n",
                    lengths.size(), watched.last.size(), model.usage().passes(), 100 * idle);
            assertThat(lengths).hasSize(160);
            assertThat(lengths.stream().distinct().count())
                    .as("answers of all lengths")
                    .isGreaterThan(20);
            assertThat(idle).isBetween(0.0, 0.1);
        }
    }

    private static List<TestRow> rows(Path questions, TextTokenizer tokenizer) throws IOException {
        List<TestRow> rows = new ArrayList<>();
        for (String line : Files.readAllLines(questions)) {
            JsonArray turns = JsonParser.parseString(line).getAsJsonObject().getAsJsonArray("turns");
            for (int turn = 0; turn < turns.size(); turn++) {
                int[] tokens = tokenizer.encode(turns.get(turn).getAsString());
                rows.add(TestRow.of("question " + rows.size() / 2, turn, tokens));
            }
        }
        return rows;
    }

    /** Notes when streams have work. */
    private static final class Watched implements RowModel {
        private final StreamModel model;
        private final RowModel all;
        private final Map<Object, Long> first = new HashMap<>();
        private final Map<Object, Long> last = new ConcurrentHashMap<>();

        Watched(StreamModel model) {
            this.model = model;
            this.all = RowModel.of(model);
        }

        /** From a stream's first turn to the end of its last, in passes, of all streams. */
        long passesWithWork() {
            return last.entrySet().stream()
                    .mapToLong(end -> end.getValue() - first.get(end.getKey()))
                    .sum();
        }

        @Override
        public List<CompletableFuture<StreamResult>> submit(List<StreamUpdate> updates) {
            updates.forEach(
                    update -> first.putIfAbsent(update.name(), model.usage().passes()));
            List<CompletableFuture<StreamResult>> results = all.submit(updates);
            List<CompletableFuture<StreamResult>> noted = new ArrayList<>();
            for (int i = 0; i < updates.size(); i++) {
                Object name = updates.get(i).name();
                noted.add(results.get(i)
                        .whenComplete((result, failure) ->
                                last.put(name, model.usage().passes())));
            }
            return noted;
        }

        @Override
        public Optional<String> problem(int[] tokens) {
            return all.problem(tokens);
        }

        @Override
        public StreamState start() {
            return all.start();
        }

        @Override
        public int vocabulary() {
            return all.vocabulary();
        }

        @Override
        public TextTokenizer tokenizer() {
            return all.tokenizer();
        }
    }
}
