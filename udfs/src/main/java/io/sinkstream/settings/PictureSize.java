package io.sinkstream.settings;

/**
 * How large a picture is, in pixels.
 *
 * @param width from 200 to 10,000
 * @param height the same
 */
public record PictureSize(int width, int height) {}
