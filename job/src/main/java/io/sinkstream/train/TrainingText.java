package io.sinkstream.train;

import io.sinkstream.batch.StreamColumns;
import java.io.Serializable;

/**
 * The text that a model is trained on.
 *
 * @param columns which columns of the table make streams of its rows
 * @param separator what follows each text
 * @param maxRowBytes the most bytes of UTF-8 that a text may have
 */
public record TrainingText(StreamColumns columns, String separator, long maxRowBytes) implements Serializable {}
