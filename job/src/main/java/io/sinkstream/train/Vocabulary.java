package io.sinkstream.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.batch.KeyedInput;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import scala.Tuple2;

/**
 * The token ids that a model knows.
 *
 * @param size ids are 0 to this, exclusive
 * @param sink the learned sink's id; negative for none
 * @param tokenizer the {@code tokenizer.json}; empty where ids are given as they are
 */
record Vocabulary(int size, int sink, Optional<String> tokenizer) {
    private static final int NONE = -1;

    /** What stands in front of every stream of a model with a learned sink. */
    private static final String SINK = "<sink>";

    /** Ids of a column: the sink is one more than those. */
    static Vocabulary ofIds(int size, TrainedSink sink) {
        return sink == TrainedSink.LEARNABLE
                ? new Vocabulary(size + 1, size, Optional.empty())
                : new Vocabulary(size, NONE, Optional.empty());
    }

    /** Trains a byte-level BPE tokenizer on the texts of a table, of which Spark's tasks count the words. */
    static Vocabulary trained(Dataset<Row> rows, TrainingText text, int size, TrainedSink sink) {
        String separator = text.separator();
        PairFlatMapFunction<Iterator<String>, String, Long> count = texts -> {
            WordCounter counter = new WordCounter();
            texts.forEachRemaining(one -> {
                if (one != null) {
                    counter.add(one + separator);
                }
            });
            return counter.counts().entrySet().stream()
                    .map(word -> new Tuple2<>(word.getKey(), word.getValue()))
                    .iterator();
        };
        Map<String, Long> counts = rows.select(KeyedInput.content(rows, text.columns()))
                .as(Encoders.STRING())
                .javaRDD()
                .mapPartitionsToPair(count)
                .reduceByKey(Long::sum)
                .collectAsMap();
        boolean isLearned = sink == TrainedSink.LEARNABLE;
        BpeTokenizer tokenizer = BpeTrainer.train(counts, size, isLearned ? List.of(SINK) : List.of());
        return new Vocabulary(
                tokenizer.size(),
                isLearned ? 0 : NONE,
                Optional.of((isLearned ? tokenizer.startingWith(SINK) : tokenizer).tokenizerJson()));
    }

    /**
     * That of a tokenizer that is there.
     *
     * @throws UserException if it is none, or puts no single token in front of a text to be a learned sink
     */
    static Vocabulary of(Path file, TrainedSink sink) {
        try (TextTokenizer tokenizer = TextTokenizer.open(file)) {
            return of(file, tokenizer.prefix(), sink);
        }
    }

    /**
     * That of a tokenizer that is there, where the files beside it may say what stands in front of a text. What is kept of it says so
     * by itself.
     *
     * @param prefix the ids in front
     * @throws UserException as {@link #of(Path, TrainedSink)} does
     */
    static Vocabulary of(Path file, int[] prefix, TrainedSink sink) {
        boolean isLearned = sink == TrainedSink.LEARNABLE;
        if (isLearned && prefix.length != 1) {
            throw new UserException(TrainingSettings.TOKENIZER + ": " + file + " puts " + prefix.length
                    + " tokens in front of a text; a learned sink needs one (such as <s>, by its post_processor), or give "
                    + TrainingSettings.SINK + " none, zero or head");
        }
        try {
            String own = Files.readString(file);
            String json = saysItself(file, prefix) ? own : TokenizerJson.withFront(own, prefix);
            return new Vocabulary(size(json), isLearned ? prefix[0] : NONE, Optional.of(json));
        } catch (IOException e) {
            throw new UserException(TrainingSettings.TOKENIZER + ": " + file + " can't be read: " + e.getMessage(), e);
        }
    }

    private static boolean saysItself(Path file, int[] prefix) {
        try (TextTokenizer alone = TextTokenizer.open(file)) {
            return Arrays.equals(alone.prefix(), prefix);
        } catch (UserException e) {
            // A post-processor that does more than put tokens there.
            return false;
        }
    }

    /** One more than the highest id. */
    private static int size(String json) {
        JsonObject root = JsonParser.parseString(json).getAsJsonObject();
        int highest = 0;
        JsonElement vocabulary = root.getAsJsonObject("model").get("vocab");
        if (vocabulary.isJsonObject()) {
            for (JsonElement id : vocabulary.getAsJsonObject().asMap().values()) {
                highest = Math.max(highest, id.getAsInt());
            }
        } else {
            // A unigram model's is a list.
            highest = vocabulary.getAsJsonArray().size() - 1;
        }
        if (root.has("added_tokens")) {
            for (JsonElement token : root.getAsJsonArray("added_tokens")) {
                highest = Math.max(highest, token.getAsJsonObject().get("id").getAsInt());
            }
        }
        return highest + 1;
    }
}
