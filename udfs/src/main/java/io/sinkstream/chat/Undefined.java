package io.sinkstream.chat;

/**
 * What a name stands for that stands for nothing: it is false, empty and no text at all, and anything else done with it is an
 * error.
 *
 * @param problem that error's message
 */
record Undefined(String problem) {
    TemplateException failed() {
        return new TemplateException(problem);
    }
}
