package io.sinkstream.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.decoder.Role;
import io.sinkstream.decoder.Weight;
import io.sinkstream.decoder.Weight.Term;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of weights, ours and a checkpoint's. */
class TensorNamesTest {
    private static Weight weight(Role role, Term term, int layer) {
        return new Weight(role, term, layer, List.of(2L));
    }

    @ParameterizedTest
    @CsvSource({
        "EMBEDDING, FACTOR, 0, embedding, model.embed_tokens.weight",
        "QUERY, FACTOR, 0, layers.0.query, model.layers.0.self_attn.q_proj.weight",
        "UP, BIAS, 12, layers.12.up.bias, model.layers.12.mlp.up_proj.bias",
        "SINKS, FACTOR, 3, layers.3.sinks, model.layers.3.self_attn.sinks",
        "NORM, FACTOR, 0, norm, model.norm.weight",
        "HEAD, BIAS, 0, head.bias, lm_head.bias"
    })
    void aWeightHasANameOfItsOwnAndOneInACheckpoint(Role role, Term term, int layer, String ours, String stored) {
        assertThat(weight(role, term, layer).name()).isEqualTo(ours);
        assertThat(LlamaLayout.NAMES.of(weight(role, term, layer))).isEqualTo(stored);
    }

    @Test
    void otherNamesTakeThePlaceOfSome() {
        TensorNames names = LlamaLayout.NAMES.with(Map.of(Role.ATTENTION_NORM, "ln1"));

        assertThat(names.of(weight(Role.ATTENTION_NORM, Term.FACTOR, 1))).isEqualTo("model.layers.1.ln1.weight");
        assertThat(names.of(weight(Role.NORM, Term.FACTOR, 0))).isEqualTo("model.norm.weight");
        assertThat(LlamaLayout.NAMES.of(weight(Role.ATTENTION_NORM, Term.FACTOR, 1)))
                .isEqualTo("model.layers.1.input_layernorm.weight");
    }

    @Test
    void aRoleThatALayoutLacksIsNoTensor() {
        TensorNames names = new TensorNames("h.", Map.of(Role.NORM, "ln_f"));

        assertThatThrownBy(() -> names.of(weight(Role.MLP_NORM, Term.FACTOR, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("layers.1.mlp_norm has no name in ");
    }
}
