package io.sinkstream.train;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.settings.Packing;
import java.io.Serializable;

/**
 * The text that a model is trained on.
 *
 * @param columns which columns of the table make streams of its rows
 * @param separator what follows each text
 * @param maxRowBytes the most bytes of UTF-8 that a text may have
 * @param packing how samples are cut from it
 */
public record TrainingText(StreamColumns columns, String separator, long maxRowBytes, Packing packing)
        implements Serializable {}
