package io.sinkstream.train;

/**
 * What a training came to.
 *
 * @param parameters the model's numbers
 * @param vocabulary its token ids
 * @param samples all of them, those for validation among them
 * @param steps that were taken
 * @param last the log's entry of the state that the model is of: the last one, or the best
 */
public record TrainingSummary(long parameters, int vocabulary, long samples, int steps, LogEntry last) {}
