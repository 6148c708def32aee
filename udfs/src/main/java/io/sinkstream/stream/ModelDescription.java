package io.sinkstream.stream;

/**
 * What a checkpoint's headers say, known without loading a weight.
 *
 * @param family the model type of {@code config.json}
 * @param layers L
 * @param vocabularySize token ids are 0 to this, exclusive
 * @param parameters the number of weights
 * @param tokenizer whether a {@code tokenizer.json} lies beside the weights
 */
public record ModelDescription(String family, int layers, int vocabularySize, long parameters, boolean tokenizer) {}
