package io.sinkstream.checkpoint;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code tokenizer.json} through DJL's binding of Hugging Face tokenizers. Safe for many threads, which encode side by
 * side: the native tokenizer takes no change after it is built, and its cache has a lock of its own.
 *
 * <p>Owns native memory: whoever opened it closes it. A closed one throws IllegalStateException.
 */
public final class TextTokenizer implements AutoCloseable {
    /** The largest known have 40 MB. */
    private static final int LARGEST = 512 << 20;

    /**
     * No special tokens, no truncation (DJL's default cuts at 512 tokens) and no padding, also where
     * {@code tokenizer.json} asks for them: a stream has no longest length.
     */
    private static final Map<String, String> OPTIONS = Map.of(
            "addSpecialTokens", "false",
            "truncation", "DO_NOT_TRUNCATE",
            "padding", "DO_NOT_PAD");

    private final Path file;
    private final HuggingFaceTokenizer tokenizer;
    private final int[] prefix;
    private final Set<Integer> byteTokens;

    /** Shared by those who call into native memory, exclusive for who frees it. */
    private final ReadWriteLock memory = new ReentrantReadWriteLock();

    /** Whether it is what its file says, and no other file changes how it cuts a text. */
    private final boolean isAsWritten;

    private TextTokenizer(
            Path file,
            HuggingFaceTokenizer tokenizer,
            Optional<int[]> front,
            Set<Integer> byteTokens,
            boolean isAsWritten) {
        this.file = file;
        this.tokenizer = tokenizer;
        this.byteTokens = byteTokens;
        this.isAsWritten = isAsWritten;
        this.prefix = front.orElseGet(this::findPrefix);
    }

    /**
     * Reads a {@code tokenizer.json}; the caller closes it.
     *
     * @throws UserException if it is none
     */
    public static TextTokenizer open(Path file) {
        return open(file, Optional.empty(), Optional.empty());
    }

    /** The same, with what other files say of a text's front, and not its post-processor or its pre-tokenizer. */
    static TextTokenizer open(Path file, Optional<TokenizerFiles.Front> front, Optional<PrefixSpace> space) {
        DjlCache.ready("tokenizers");
        byte[] written = StrictJson.bytes(file, LARGEST);
        TokenizerForm form = TokenizerForm.check(file, written, front.flatMap(TokenizerFiles.Front::token));
        byte[] json = space.map(said -> said.applied(file, written, form)).orElse(written);
        HuggingFaceTokenizer tokenizer;
        try {
            LibUtils.checkStatus();
        } catch (RuntimeException | LinkageError | AssertionError e) {
            throw Natives.here().refusal(Natives.Library.TOKENIZERS, e);
        }
        try {
            tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS);
        } catch (IOException e) {
            throw Shown.unreadable(file, e);
        } catch (RuntimeException e) {
            // The binding throws plain RuntimeExceptions.
            if (e.getClass() != RuntimeException.class) {
                throw e;
            }
            throw new UserException(
                    file + ": not a tokenizer (" + Shown.firstLine(e) + "); expected a Hugging Face tokenizer.json", e);
        }
        try {
            return new TextTokenizer(
                    file,
                    tokenizer,
                    front.map(said -> ids(file, said, form.id())),
                    ByteTokens.of(file, json),
                    json == written);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static int[] ids(Path file, TokenizerFiles.Front front, Optional<Integer> id) {
        if (front.token().isPresent() && id.isEmpty()) {
            throw new UserException(front.said() + "; expected a token of " + file.getFileName() + ", which has no "
                    + Shown.quoted(front.token().get()));
        }
        return id.stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * The ids that stand in front of a text: what the post-processor puts there, or the files beside a checkpoint's
     * {@code tokenizer.json} say, BOS or nothing. A new array.
     */
    public int[] prefix() {
        return prefix.clone();
    }

    /** The ids that stand for one byte each and are decoded in runs; none for most tokenizers. */
    Set<Integer> byteTokens() {
        return byteTokens;
    }

    /** Whether it cuts texts as its {@code tokenizer.json} says, which the files beside a checkpoint's may change. */
    public boolean isAsWritten() {
        return isAsWritten;
    }

    /** What the post-processor alone puts in front of a text; empty if it does more than that. */
    Optional<int[]> postProcessorPrefix() {
        try {
            return Optional.of(findPrefix());
        } catch (UserException e) {
            return Optional.empty();
        }
    }

    /**
     * The ids of one text, in one encoding, without special tokens added, never truncated; none for an empty text. A
     * special token's name that stands in the text becomes that token, as in Hugging Face's tokenizers. Half of a
     * surrogate pair is read as U+FFFD. Takes memory of about a hundred bytes a token while it runs: check a text's size
     * before.
     *
     * @throws UserException if the tokenizer has no id for a part of the text, nor an unknown-token
     */
    public int[] encode(String text) {
        Objects.requireNonNull(text, "text"); // the binding aborts the JVM on null
        try {
            return encode(text, false);
        } catch (RuntimeException e) {
            if (e.getClass() != RuntimeException.class) {
                throw e;
            }
            throw new UserException(
                    file + ": cannot encode " + Shown.quoted(text) + " (" + Shown.firstLine(e) + ")", e);
        }
    }

    /**
     * The text of these ids, special tokens and ids outside the vocabulary left out. Bytes that do not yet make a
     * character come out as U+FFFD.
     *
     * <p>The ids are taken as the start of a text: SentencePiece-like tokenizers (Llama 2, Mistral) drop one leading
     * space of it. So the text of a continuation is not {@code decode(continuation)}, but what
     * {@code decode(context + continuation)} has after {@code decode(context)}, where the context is one or more tokens
     * before that are not special; else words run together.
     *
     * @throws IllegalArgumentException if an id is negative
     */
    public String decode(int[] ids) {
        for (int id : ids) {
            if (id < 0) {
                throw new IllegalArgumentException("token id " + id + "; expected at least 0");
            }
        }
        long[] wide = IntStream.of(ids).asLongStream().toArray();
        Lock lock = memory.readLock();
        lock.lock();
        try {
            return tokenizer.decode(wide, true);
        } finally {
            lock.unlock();
        }
    }

    /** Frees the native memory, after the calls that run have ended. A second call does nothing. */
    @Override
    public void close() {
        Lock lock = memory.writeLock();
        lock.lock();
        try {
            tokenizer.close();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Not DJL's {@code encode}, which makes a String, a span and six more numbers of every token. Nor its
     * {@code batchEncode}, which starts a thread for every core unless TOKENIZERS_PARALLELISM is false in the
     * environment: one text at a time starts none.
     */
    private int[] encode(String text, boolean specialTokens) {
        String sound = withoutHalfPairs(text);
        long[] ids;
        Lock lock = memory.readLock();
        lock.lock();
        try {
            long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), sound, specialTokens);
            try {
                ids = TokenizersLibrary.LIB.getTokenIds(encoding);
            } finally {
                TokenizersLibrary.LIB.deleteEncoding(encoding);
            }
        } finally {
            lock.unlock();
        }
        int[] result = new int[ids.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (int) ids[i];
            if (result[i] != ids[i]) {
                throw new UserException(file + ": field \"model.vocab\" has the id " + ids[i] + "; expected at most "
                        + Integer.MAX_VALUE);
            }
        }
        return result;
    }

    /** With half of a pair in it, the binding would read all other pairs of the text as U+FFFD too. */
    private static String withoutHalfPairs(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                StringBuilder sound = new StringBuilder(text.length());
                text.codePoints()
                        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                        .forEach(sound::appendCodePoint);
                return sound.toString();
            }
        }
        return text;
    }

    /**
     * What stands in front of a text's own tokens once special tokens are added. Two different texts must agree, so that
     * a text whose tokens are like a special one does not mislead.
     */
    private int[] findPrefix() {
        List<List<Integer>> candidates = null;
        int probes = 0;
        for (String text : (Iterable<String>) probeTexts()::iterator) {
            int[] bare;
            int[] full;
            try {
                bare = encode(text, false);
                full = encode(text, true);
            } catch (RuntimeException e) {
                continue; // a vocabulary that has no token for this text
            }
            if (bare.length == 0) {
                continue;
            }
            List<List<Integer>> here = new ArrayList<>();
            for (int from = 0; from + bare.length <= full.length; from++) {
                if (Arrays.equals(full, from, from + bare.length, bare, 0, bare.length)) {
                    here.add(IntStream.of(full).limit(from).boxed().toList());
                }
            }
            if (candidates == null) {
                candidates = here;
            } else {
                candidates.retainAll(here);
            }
            if (++probes == 2) {
                break;
            }
        }
        if (candidates == null || candidates.isEmpty()) {
            throw new UserException(file + ": field \"post_processor\" "
                    + (candidates == null
                            ? "cannot be tried: the tokenizer has no token for any text"
                            : "changes a text's own tokens")
                    + "; supported: one that adds tokens before or after them");
        }
        return candidates.get(0).stream().mapToInt(Integer::intValue).toArray();
    }

    /** Ordinary texts, and for odd vocabularies what their own first tokens say. */
    private Stream<String> probeTexts() {
        return Stream.concat(
                Stream.of("a", "the", "1", "hello world"),
                IntStream.range(0, 1000).mapToObj(id -> decode(new int[] {id})).filter(text -> !text.isBlank()));
    }
}
