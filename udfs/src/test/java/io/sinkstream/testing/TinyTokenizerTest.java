package io.sinkstream.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiny checkpoints' tokenizer, as real bindings load it. */
class TinyTokenizerTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "plain",
                " two  spaces \n\tand a tab\r\n",
                "Grüße, 世界! \uD83D\uDE80 e\u0301",
                "\u0000\u007f\u0080\uFFFD",
                "<s> is </s> special in a text",
                "<0x41> is not"
            })
    void textsComeBackAsTheyWere(String text) throws IOException {
        Path model = TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(folder);
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.builder()
                .optTokenizerPath(model)
                .optTruncation(false)
                .optAddSpecialTokens(false)
                .build()) {
            long[] ids = tokenizer.encode(text).getIds();

            assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
            if (!text.contains("<s>")) {
                assertThat(ids).containsExactly(bytes(text));
            }
            assertThat(LongStream.of(ids)).allMatch(id -> id > TinyTokenizer.UNKNOWN && id < TinyTokenizer.VOCABULARY);
        }
    }

    @Test
    void bosStandsInFrontWhereItIsAskedFor() throws IOException {
        long[] hi = bytes("hi");
        assertThat(withSpecialTokens(Prefix.NONE, "hi")).containsExactly(hi);
        assertThat(withSpecialTokens(Prefix.BOS, "hi"))
                .containsExactly(LongStream.concat(LongStream.of(TinyTokenizer.BOS), LongStream.of(hi))
                        .toArray());
        assertThat(withSpecialTokens(Prefix.BOS, "")).containsExactly(TinyTokenizer.BOS);
    }

    private long[] withSpecialTokens(Prefix prefix, String text) throws IOException {
        Path model = TinyModels.of(Shape.llama()).tokenizer(prefix).write(folder.resolve(prefix.name()));
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.builder()
                .optTokenizerPath(model)
                .optTruncation(false)
                .build()) {
            Encoding encoding = tokenizer.encode(text);
            return encoding.getIds();
        }
    }

    private static long[] bytes(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return IntStream.range(0, utf8.length)
                .mapToLong(i -> TinyTokenizer.BYTES + (utf8[i] & 0xff))
                .toArray();
    }
}
