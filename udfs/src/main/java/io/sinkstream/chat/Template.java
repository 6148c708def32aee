package io.sinkstream.chat;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A template that was read. Immutable, safe for many threads. */
final class Template {
    private final List<Statement> body;

    private Template(List<Statement> body) {
        this.body = body;
    }

    /** Throws TemplateException, with the line, if it is no template or uses what is not supported. */
    static Template of(String text) {
        return new Template(Parser.parse(text));
    }

    /**
     * What it writes.
     *
     * @param given what its names stand for: values as {@link Values} knows them
     * @param clock for templates that ask for the date
     * @throws TemplateException with the line, if it uses what is not supported, or says that it can't be rendered
     */
    String render(Map<String, Object> given, Clock clock) {
        Run run = new Run(clock);
        // What a template sets does not change what it was given.
        Scope scope = Scope.of(run, given);
        try {
            return Statement.text(body, scope);
        } catch (TemplateException e) {
            throw e.at(run.line());
        } catch (StackOverflowError e) {
            throw new TemplateException("values nest too deep", e).at(run.line());
        }
    }
}
