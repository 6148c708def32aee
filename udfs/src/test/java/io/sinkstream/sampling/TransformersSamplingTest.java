package io.sinkstream.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.decoder.Candidates;
import io.sinkstream.decoder.LogitEdits;
import io.sinkstream.decoder.LogitRows;
import io.sinkstream.decoder.TokenChooser;
import io.sinkstream.settings.SettingValues;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each processor and warper, and all together, against those of transformers 4.57.1 on the same logits. */
class TransformersSamplingTest {
    /** Its numbers are fp32, rounded to five digits. */
    private static final double ROUNDING = 2e-5;

    @TempDir
    private Path folder;

    /** One case of {@code transformers.json}; {@code sampling_processors.py} says what it is. */
    private record Case(JsonObject config, int[] ids, int prompt, float[] logits, double[] scores) {
        static Case of(JsonObject json) {
            double[] logits = numbers(json, "logits");
            float[] narrow = new float[logits.length];
            for (int i = 0; i < logits.length; i++) {
                narrow[i] = (float) logits[i];
            }
            return new Case(
                    json.getAsJsonObject("config"),
                    Arrays.stream(numbers(json, "ids")).mapToInt(id -> (int) id).toArray(),
                    json.get("prompt").getAsInt(),
                    narrow,
                    numbers(json, "scores"));
        }

        private static double[] numbers(JsonObject json, String name) {
            return StreamSupport.stream(json.getAsJsonArray(name).spliterator(), false)
                    .mapToDouble(number -> number.isJsonNull() ? Double.NEGATIVE_INFINITY : number.getAsDouble())
                    .toArray();
        }
    }

    /** Asks for all candidates, and keeps them. */
    private static final class Witness implements TokenChooser {
        private final TokenChooser chooser;
        private Candidates seen;

        Witness(TokenChooser chooser) {
            this.chooser = chooser;
        }

        @Override
        public LogitEdits edits() {
            return chooser.edits();
        }

        @Override
        public double temperature() {
            return chooser.temperature();
        }

        @Override
        public int candidates() {
            return LogitRows.VOCABULARY;
        }

        @Override
        public int choose(Candidates candidates) {
            seen = candidates;
            return chooser.choose(candidates);
        }
    }

    private Sampling sampling(JsonObject config) throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), config.toString());
        return GenerationConfig.of(folder).sampling(SettingValues.of(Map.of()));
    }

    private static TokenSampler sampler(Case one, Sampling sampling, Set<Integer> ends) {
        TokenSampler sampler = new TokenSampler(sampling, ends, 7, 4, 100, new int[0], 0, new int[0]);
        for (int i = 0; i < one.ids().length; i++) {
            if (i < one.prompt()) {
                sampler.given(one.ids()[i]);
            } else {
                sampler.drawn(one.ids()[i]);
            }
        }
        return sampler;
    }

    /** What can still come, and its score. */
    private static double[] scores(Sampling sampling, Candidates candidates) {
        double[] scores = new double[LogitRows.VOCABULARY];
        Arrays.fill(scores, Double.NEGATIVE_INFINITY);
        if (sampling.draw() == null) {
            for (int i = 0; i < scores.length; i++) {
                scores[candidates.tokens()[i]] = candidates.logits()[i];
            }
            return scores;
        }
        Warpers.Kept kept = Warpers.keep(sampling.draw(), candidates).orElseThrow();
        for (int i = 0; i < kept.places().length; i++) {
            scores[candidates.tokens()[kept.places()[i]]] = kept.scores()[i];
        }
        return scores;
    }

    @Test
    void scoresAreThoseOfTransformers() throws IOException {
        JsonObject all;
        try (Reader reader = new InputStreamReader(
                TransformersSamplingTest.class.getResourceAsStream("transformers.json"), StandardCharsets.UTF_8)) {
            all = JsonParser.parseReader(reader).getAsJsonObject();
        }
        Set<Integer> ends = new HashSet<>();
        all.getAsJsonArray("ends").forEach(end -> ends.add(end.getAsInt()));
        List<Case> cases = new ArrayList<>();
        for (JsonElement one : all.getAsJsonArray("cases")) {
            cases.add(Case.of(one.getAsJsonObject()));
        }
        assertThat(cases).hasSizeGreaterThan(50);
        List<Sampling> samplings = new ArrayList<>();
        List<Witness> witnesses = new ArrayList<>();
        List<TokenChooser> plain = new ArrayList<>();
        for (Case one : cases) {
            Sampling sampling = sampling(one.config());
            samplings.add(sampling);
            witnesses.add(new Witness(sampler(one, sampling, ends).next()));
            plain.add(sampler(one, sampling, ends).next());
        }
        List<float[]> logits = cases.stream().map(Case::logits).toList();
        try (LogitRows rows = new LogitRows(folder)) {
            List<Integer> chosen = rows.draw(logits, List.copyOf(witnesses));

            for (int i = 0; i < cases.size(); i++) {
                Case one = cases.get(i);
                double[] scores = scores(samplings.get(i), witnesses.get(i).seen);
                assertThat(scores).as("%s", one.config()).containsExactly(one.scores(), within(ROUNDING));
                assertThat(scores[chosen.get(i)]).isFinite();
                if (samplings.get(i).draw() == null) {
                    assertThat(scores[chosen.get(i)])
                            .isEqualTo(Arrays.stream(scores).max().orElseThrow());
                }
            }
            // All rows at once, each with as few candidates as will do.
            assertThat(rows.draw(logits, plain)).isEqualTo(chosen);
        }
    }

    @Test
    void openAisPenaltiesAreThoseOfItsDocumentation() throws IOException {
        Sampling sampling =
                new Sampling(new Penalties(Map.of(3, 10.0, 5, -100.0), 1, 0.5, 1.5), Bans.NONE, null, Stops.NONE);
        TokenSampler sampler = new TokenSampler(sampling, Set.of(), 0, 4, 100, new int[0], 0, new int[0]);
        for (int token : new int[] {1, 2, 2, 3, 2}) {
            sampler.given(token);
        }
        Witness witness = new Witness(sampler.next());
        float[] logits = new float[LogitRows.VOCABULARY];
        Arrays.fill(logits, 0.25f);
        try (LogitRows rows = new LogitRows(folder)) {
            var unused = rows.draw(List.of(logits), List.of(witness));
        }
        double[] scores = scores(sampling, witness.seen);
        assertThat(scores[0]).isEqualTo(0.25);
        assertThat(scores[1]).isEqualTo(0.25 - 1.5 - 0.5);
        assertThat(scores[2]).isEqualTo(0.25 - 1.5 - 3 * 0.5);
        assertThat(scores[3]).isEqualTo(10.25 - 1.5 - 0.5);
        assertThat(scores[5]).isEqualTo(-99.75);
        // Penalties are in no log-likelihood of the model's.
        assertThat(Arrays.stream(witness.seen.nll()).boxed())
                .allSatisfy(nll -> assertThat(nll).isCloseTo(Math.log(LogitRows.VOCABULARY), within(1e-6)));
    }

    @Test
    void noTokenIsLeft() throws IOException {
        Sampling greedy =
                sampling(JsonParser.parseString("{\"no_repeat_ngram_size\": 1}").getAsJsonObject());
        Sampling drawn = new Sampling(greedy.penalties(), greedy.bans(), new Draw(1, 50, 1, 0, 1, 0), Stops.NONE);
        List<TokenChooser> choosers = new ArrayList<>();
        for (Sampling sampling : List.of(greedy, drawn)) {
            TokenSampler sampler = new TokenSampler(sampling, Set.of(), 0, 4, 100, new int[0], 0, new int[0]);
            for (int token = 0; token < LogitRows.VOCABULARY; token++) {
                sampler.given(token);
            }
            choosers.add(sampler.next());
        }
        try (LogitRows rows = new LogitRows(folder)) {
            float[] logits = new float[LogitRows.VOCABULARY];
            assertThat(rows.draw(List.of(logits, logits), choosers)).containsExactly(-1, -1);
        }
    }
}
