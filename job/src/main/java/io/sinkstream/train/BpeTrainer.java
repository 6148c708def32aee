package io.sinkstream.train;

import io.sinkstream.settings.UserException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/**
 * Byte-pair encoding (<a href="https://arxiv.org/abs/1508.07909">Sennrich et al.</a>): the two neighbouring tokens that come
 * most often become one, again and again. The vocabulary and the merges are those of the BpeTrainer of Hugging Face
 * tokenizers: of pairs that come equally often the one with the smaller ids is merged first.
 *
 * <p>A merge changes the counts of few pairs, in the words where it is; so every pair knows its words, and a queue has the
 * pairs by their counts. A pair comes about in one merge only, the one that makes the younger of its tokens: once that is
 * done its words are all known, and its count can only fall. In the queue it has the count of that time, and goes back with
 * what is left of it when it is its turn.
 */
final class BpeTrainer {
    /** A pair that comes less often is no token: it would be a copy of one place of the texts. */
    private static final int LEAST_COUNT = 2;

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparingLong(Candidate::count)
            .reversed()
            .thenComparingInt(candidate -> candidate.pair().left)
            .thenComparingInt(candidate -> candidate.pair().right);

    private final int vocabulary;
    private final List<String> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<BpeTokenizer.Merge> merges = new ArrayList<>();

    private final List<Word> words = new ArrayList<>();
    private final Map<Long, Pair> pairs = new HashMap<>();
    private final List<Pair> fresh = new ArrayList<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>(BEST_FIRST);

    private BpeTrainer(int vocabulary) {
        this.vocabulary = vocabulary;
    }

    /**
     * Trains on words, as {@link WordCounter} has counted them. The same counts give the same tokenizer, whatever their
     * order.
     *
     * @param vocabulary how many tokens there are to be, special ones included; there are fewer if the words have no more
     *     pairs that come at least twice
     * @param specials the special tokens, which have the first ids, in this order
     * @throws UserException if the vocabulary has no room for the bytes and the special tokens
     */
    static BpeTokenizer train(Map<String, Long> counts, int vocabulary, List<String> specials) {
        int least = specials.size() + ByteAlphabet.SIZE;
        if (vocabulary < least) {
            throw new UserException("--vocabulary is " + vocabulary + "; expected at least " + least + ", for "
                    + ByteAlphabet.SIZE + " bytes and " + specials.size() + " special "
                    + (specials.size() == 1 ? "token" : "tokens"));
        }
        BpeTrainer trainer = new BpeTrainer(vocabulary);
        trainer.addAlphabet(specials);
        trainer.addWords(counts);
        trainer.merge();
        return new BpeTokenizer(specials, Optional.empty(), trainer.tokens, trainer.merges);
    }

    private void addAlphabet(List<String> specials) {
        for (String special : specials) {
            if (special.isEmpty() || ids.containsKey(special)) {
                throw new IllegalArgumentException("special tokens " + specials + "; expected different names");
            }
            idOf(special);
        }
        ByteAlphabet.inOrder().forEach(this::idOf);
    }

    private void addWords(Map<String, Long> counts) {
        int[] symbols = new int[ByteAlphabet.SIZE];
        Arrays.setAll(symbols, value -> ids.get(Character.toString(ByteAlphabet.symbol(value))));
        counts.forEach((text, count) -> {
            if (count < 1) {
                throw new IllegalArgumentException("a count of " + count + "; expected at least 1");
            }
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int[] word = new int[bytes.length];
            Arrays.setAll(word, i -> symbols[Byte.toUnsignedInt(bytes[i])]);
            words.add(new Word(word, count));
            for (int i = 1; i < word.length; i++) {
                change(word[i - 1], word[i], count, words.size() - 1);
            }
        });
        enqueueFresh();
    }

    private void merge() {
        while (tokens.size() < vocabulary && !queue.isEmpty()) {
            Candidate best = queue.remove();
            Pair pair = best.pair();
            if (best.count() != pair.count) {
                queue.add(new Candidate(pair, pair.count));
                continue;
            }
            if (best.count() < LEAST_COUNT) {
                return;
            }
            BpeTokenizer.Merge merge = new BpeTokenizer.Merge(tokens.get(pair.left), tokens.get(pair.right));
            int merged = idOf(merge.left() + merge.right());
            merges.add(merge);
            pair.places.forEach(place -> mergeIn(place, pair.left, pair.right, merged));
            pair.places = null;
            enqueueFresh();
        }
    }

    /** Merges a pair in one word, from its start: of three equal tokens the first two. */
    private void mergeIn(int place, int left, int right, int merged) {
        Word word = words.get(place);
        int[] symbols = word.symbols;
        int length = 0;
        int next = 0;
        while (next < word.length) {
            if (symbols[next] != left || next + 1 == word.length || symbols[next + 1] != right) {
                symbols[length++] = symbols[next++];
                continue;
            }
            if (length > 0) {
                change(symbols[length - 1], left, -word.count, place);
                change(symbols[length - 1], merged, word.count, place);
            }
            next += 2;
            if (next < word.length) {
                change(right, symbols[next], -word.count, place);
                change(merged, symbols[next], word.count, place);
            }
            symbols[length++] = merged;
        }
        word.length = length;
    }

    private void change(int left, int right, long count, int place) {
        // Not the ids side by side in a long, whose hash would be the same for all pairs of the same two.
        Pair pair = pairs.computeIfAbsent((long) left * vocabulary + right, key -> {
            Pair made = new Pair(left, right);
            fresh.add(made);
            return made;
        });
        pair.count += count;
        if (count > 0) {
            pair.places.add(place);
        }
    }

    private void enqueueFresh() {
        for (Pair pair : fresh) {
            queue.add(new Candidate(pair, pair.count));
        }
        fresh.clear();
    }

    private int idOf(String token) {
        return ids.computeIfAbsent(token, text -> {
            tokens.add(text);
            return tokens.size() - 1;
        });
    }

    /** A word as the ids of its tokens, of which there are fewer with every merge. */
    private static final class Word {
        final int[] symbols;
        final long count;
        int length;

        Word(int[] symbols, long count) {
            this.symbols = symbols;
            this.count = count;
            this.length = symbols.length;
        }
    }

    /** How often two tokens stand side by side, and in which words they ever did, until they are merged. */
    private static final class Pair {
        final int left;
        final int right;
        Places places = new Places();
        long count;

        Pair(int left, int right) {
            this.left = left;
            this.right = right;
        }
    }

    /** A pair in the queue, with the count that it had when it was put there. */
    private record Candidate(Pair pair, long count) {}

    /** Indices of words, each once; they are added in order. */
    private static final class Places {
        private int[] places = new int[2];
        private int size;

        void add(int place) {
            if (size > 0 && places[size - 1] == place) {
                return;
            }
            if (size == places.length) {
                places = Arrays.copyOf(places, 2 * size);
            }
            places[size++] = place;
        }

        void forEach(IntConsumer action) {
            for (int i = 0; i < size; i++) {
                action.accept(places[i]);
            }
        }
    }
}
