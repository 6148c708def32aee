package io.sinkstream.benchmark;

import java.io.Serializable;

/**
 * A question in a text.
 *
 * @param text all that stands before the answer, since the answer before
 * @param answer what is to come next, word for word
 * @param subject what is asked for, as it is told to users
 */
record Question(String text, String answer, String subject) implements Serializable {}
