package io.sinkstream.chat;

/** What a template says can't be done. The message names it; who runs the template adds the line. */
final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TemplateException(String problem) {
        super(problem);
    }

    TemplateException(String problem, Throwable cause) {
        super(problem, cause);
    }

    /** The same with the line of the template. */
    TemplateException at(int line) {
        return new TemplateException("line " + line + ": " + getMessage(), this);
    }
}
