package io.sinkstream.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.SafetensorsWriter;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.checkpoint.TensorHeader;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Weight;
import io.sinkstream.family.Families;
import io.sinkstream.settings.TrainedSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A trained model as Hugging Face lays it out: a {@code config.json} of the Llama family, and its weights. */
final class HubFolder {
    /** The config's field of a learned sink's id. */
    static final String SINK_TOKEN = "sink_token_id";

    /** No family of a decoder: whatever loads those refuses it. */
    private static final String ENCODER = "sinkstream_encoder";

    private HubFolder() {}

    /**
     * The config. Fields of our own say which sink it has: {@code attention_sink} for one in the softmax's denominator, which
     * other programs do not know of, and {@code sink_token_id} for a learned token, which is the BOS token, too. An encoder is of a
     * {@code model_type} of its own, with its mask and span.
     *
     * @param sinkToken the learned token's id; negative for none
     * @param eosTokens the ids that end a text; none for a model that was trained on streams alone
     */
    static byte[] config(Architecture architecture, int sinkToken, Set<Integer> eosTokens, StoredType type) {
        DecoderSpec.Sizes sizes = architecture.sizes();
        JsonObject config = new JsonObject();
        JsonArray architectures = new JsonArray();
        AttentionSpan span = architecture.span();
        architectures.add(span.isCausal() ? "LlamaForCausalLM" : "SinkstreamForMaskedLM");
        config.add("architectures", architectures);
        config.addProperty("model_type", span.isCausal() ? "llama" : ENCODER);
        config.addProperty("vocab_size", sizes.vocabulary());
        config.addProperty("hidden_size", sizes.hidden());
        config.addProperty("intermediate_size", sizes.intermediate());
        config.addProperty("num_hidden_layers", sizes.layers());
        config.addProperty("num_attention_heads", sizes.heads());
        config.addProperty("num_key_value_heads", sizes.keyValueHeads());
        config.addProperty("head_dim", sizes.headSize());
        config.addProperty("hidden_act", "silu");
        config.addProperty("max_position_embeddings", architecture.context());
        config.addProperty("rms_norm_eps", Architecture.NORM_EPSILON);
        config.addProperty("rope_theta", Architecture.ROTARY_BASE);
        config.addProperty("attention_bias", false);
        config.addProperty("mlp_bias", false);
        config.addProperty("tie_word_embeddings", architecture.tied());
        config.addProperty("torch_dtype", type == StoredType.BF16 ? "bfloat16" : "float32");
        if (!span.isCausal()) {
            config.addProperty("mask_token_id", sizes.vocabulary() - 1);
            config.addProperty("attention_sink_size", span.sinks());
            config.addProperty("attention_sink_window_size", span.window());
        }
        if (!eosTokens.isEmpty()) {
            JsonArray all = new JsonArray();
            eosTokens.stream().sorted().forEach(all::add);
            config.add("eos_token_id", all);
        }
        if (architecture.sink() == TrainedSink.LEARNABLE) {
            config.addProperty("bos_token_id", sinkToken);
            config.addProperty(SINK_TOKEN, sinkToken);
        } else {
            config.addProperty("attention_sink", architecture.sink().name().toLowerCase(Locale.ROOT));
        }
        return text(config);
    }

    /**
     * The {@code tokenizer_config.json} that Hugging Face's AutoTokenizer asks for beside a {@code tokenizer.json}.
     *
     * @param sinkToken the learned sink's id; negative for none
     */
    static byte[] tokenizerConfig(String tokenizer, int context, int sinkToken) {
        JsonObject config = new JsonObject();
        config.addProperty("tokenizer_class", "PreTrainedTokenizerFast");
        config.addProperty("model_max_length", context);
        // Else transformers 4 takes blanks before punctuation out of what it decodes.
        config.addProperty("clean_up_tokenization_spaces", false);
        for (JsonElement added :
                JsonParser.parseString(tokenizer).getAsJsonObject().getAsJsonArray("added_tokens")) {
            if (added.getAsJsonObject().get("id").getAsInt() == sinkToken) {
                config.add("bos_token", added.getAsJsonObject().get("content"));
            }
        }
        return text(config);
    }

    private static byte[] text(JsonObject json) {
        return (new GsonBuilder()
                                .setPrettyPrinting()
                                .disableHtmlEscaping()
                                .create()
                                .toJson(json)
                        + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The weights, in safetensors. */
    static byte[] weights(Architecture architecture, TrainingState state, StoredType type) throws IOException {
        List<Weight> weights = architecture.decoder().weights();
        List<SafetensorsWriter.Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            tensors.add(new SafetensorsWriter.Tensor(
                    Families.llamaTensor(weights.get(i)),
                    weights.get(i).shape(),
                    state.weights().get(i)));
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        SafetensorsWriter.write(file, tensors, type);
        return file.toByteArray();
    }

    /** The weights of a folder, in the order of the decoder's. */
    static List<float[]> weights(Checkpoint checkpoint, Architecture architecture) {
        List<float[]> weights = new ArrayList<>();
        for (Weight weight : architecture.decoder().weights()) {
            TensorHeader tensor = checkpoint.tensor(Families.llamaTensor(weight));
            ByteBuffer bytes = checkpoint.map(tensor, 0, tensor.rows());
            float[] numbers = new float[Math.toIntExact(weight.numbers())];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = switch (tensor.type()) {
                    case F32 -> bytes.getFloat();
                    case F16 -> single(bytes.getShort());
                    case BF16 -> Float.intBitsToFloat(bytes.getShort() << Short.SIZE);
                };
            }
            weights.add(numbers);
        }
        return weights;
    }

    /** IEEE half precision to single: Java has it from version 20 on. */
    static float single(short half) {
        int exponent = half >> 10 & 0x1F;
        int fraction = half & 0x3FF;
        float magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1p-24f;
                    case 0x1F -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> Math.scalb(1 + fraction * 0x1p-10f, exponent - 15);
                };
        return half < 0 ? -magnitude : magnitude;
    }
}
