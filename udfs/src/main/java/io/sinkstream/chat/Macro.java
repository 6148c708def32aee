package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A macro where it was defined: it sees the names around it as they are when it is called. */
final class Macro implements Callable {
    static final String CALLER = "caller";

    private static final String REST = "varargs";
    private static final String MORE = "kwargs";

    private final Definition definition;
    private final Scope around;

    Macro(Definition definition, Scope around) {
        this.definition = definition;
        this.around = around;
    }

    /**
     * What a macro is.
     *
     * @param defaults of the last parameters
     * @param uses the names that its body reads: only a macro that asks for {@code caller}, {@code varargs} or {@code kwargs}
     *     takes them
     */
    record Definition(
            String name, List<String> parameters, List<Expression> defaults, List<Statement> body, Set<String> uses) {}

    @Override
    public Object call(Arguments arguments) {
        Scope scope = around.inner();
        Run run = scope.run();
        int line = run.line();
        run.enter();
        bind(scope, arguments);
        String text = Statement.text(definition.body(), scope);
        run.leave();
        run.line(line);
        return text;
    }

    private void bind(Scope scope, Arguments arguments) {
        List<String> parameters = definition.parameters();
        List<Object> given = arguments.positional();
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        int withDefault = parameters.size() - definition.defaults().size();
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            if (i < given.size()) {
                scope.set(name, given.get(i));
            } else if (named.containsKey(name)) {
                scope.set(name, named.remove(name));
            } else if (i >= withDefault) {
                scope.set(name, definition.defaults().get(i - withDefault).in(scope));
            } else {
                scope.set(name, new Undefined("the parameter " + Texts.repr(name) + " was not given"));
            }
        }
        if (definition.uses().contains(CALLER) && !parameters.contains(CALLER)) {
            Object caller = named.remove(CALLER);
            scope.set(CALLER, caller == null ? new Undefined("there is no caller") : caller);
        }
        extra(scope, given, named);
    }

    private void extra(Scope scope, List<Object> given, Map<String, Object> named) {
        if (definition.uses().contains(MORE)) {
            scope.set(MORE, named);
        } else if (!named.isEmpty()) {
            throw new TemplateException("the macro " + Texts.repr(definition.name()) + " takes no argument "
                    + Texts.repr(named.keySet().iterator().next()));
        }
        int most = definition.parameters().size();
        if (definition.uses().contains(REST)) {
            scope.set(REST, new Tuple(new ArrayList<>(given.subList(Math.min(most, given.size()), given.size()))));
        } else if (given.size() > most) {
            throw new TemplateException("the macro " + Texts.repr(definition.name()) + " takes at most " + most
                    + " arguments, and there are " + given.size());
        }
    }
}
