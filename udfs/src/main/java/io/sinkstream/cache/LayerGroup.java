package io.sinkstream.cache;

/**
 * Layers that keep the same keys: most models have one group, those with sliding layers two.
 *
 * @param rule S and R of these layers
 * @param layers how many they are
 */
public record LayerGroup(SinkWindow rule, int layers) {}
