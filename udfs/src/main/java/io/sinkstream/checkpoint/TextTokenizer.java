package io.sinkstream.checkpoint;

/** {@code tokenizer.json} through DJL's binding of Hugging Face tokenizers. Safe for many threads. */
public final class TextTokenizer implements AutoCloseable {
    private TextTokenizer() {}

    /** The ids that the post-processor puts in front of a text: BOS or nothing. */
    public int[] prefix() {
        throw new UnsupportedOperationException();
    }

    /** The ids of one text, in one encoding, without special tokens added, never truncated. */
    public int[] encode(String text) {
        throw new UnsupportedOperationException();
    }

    /** The text of these ids, special tokens left out. */
    public String decode(int[] ids) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
