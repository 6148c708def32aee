package io.sinkstream.stream;

/**
 * What a checkpoint's headers say, known without loading a weight.
 *
 * @param family the model type of {@code config.json}
 * @param layers L
 * @param vocabularySize token ids are 0 to this, exclusive
 * @param parameters the number of weights
 * @param historyTokens how many tokens before a query determine its numbers, beside the sinks: L x R if all layers are alike
 * @param tokenizer whether a {@code tokenizer.json} lies beside the weights
 */
public record ModelDescription(
        String family, int layers, int vocabularySize, long parameters, long historyTokens, boolean tokenizer) {}
