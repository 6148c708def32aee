package io.sinkstream.chat;

/**
 * What the filter {@code safe} makes of a text: it prints as the text, and what else Jinja makes of it, which is to escape
 * the HTML of texts that it is put together with, is not supported.
 */
record SafeText(String text) {}
