package io.sinkstream.train;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * A byte-level BPE tokenizer that has been trained. Any text can be encoded: all 256 bytes are tokens.
 *
 * @param specials the special tokens, the first of {@code tokens}
 * @param first the special token that stands in front of every text, if any
 * @param tokens by id; those that are not special in the letters of GPT-2's byte alphabet
 * @param merges the first is done first
 */
record BpeTokenizer(List<String> specials, Optional<String> first, List<String> tokens, List<Merge> merges) {
    /** Two tokens that become the one that is both of them. */
    record Merge(String left, String right) {}

    BpeTokenizer {
        specials = List.copyOf(specials);
        tokens = List.copyOf(tokens);
        merges = List.copyOf(merges);
        if (new HashSet<>(tokens).size() != tokens.size()) {
            throw new IllegalArgumentException("a token comes twice");
        }
        if (specials.size() > tokens.size()
                || !tokens.subList(0, specials.size()).equals(specials)) {
            throw new IllegalArgumentException("the first tokens are not " + specials);
        }
        checkSpecial(specials, first);
    }

    private static void checkSpecial(List<String> specials, Optional<String> first) {
        if (first.isPresent() && !specials.contains(first.get())) {
            throw new IllegalArgumentException(
                    "\"" + first.get() + "\" in front of a text; expected one of the special tokens " + specials);
        }
    }

    /** The same, with one of its special tokens in front of every text. */
    BpeTokenizer startingWith(String special) {
        return new BpeTokenizer(specials, Optional.of(special), tokens, merges);
    }

    /** How many tokens there are, special ones included: fewer than asked for if the texts had no more pairs. */
    int size() {
        return tokens.size();
    }

    /** Hugging Face's {@code tokenizer.json}. */
    String tokenizerJson() {
        return TokenizerJson.tokenizer(this);
    }
}
