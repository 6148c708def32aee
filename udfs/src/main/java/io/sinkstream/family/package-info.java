/** The only place that knows a model's name: a checkpoint's config and weights to the canonical decoder. */
package io.sinkstream.family;
