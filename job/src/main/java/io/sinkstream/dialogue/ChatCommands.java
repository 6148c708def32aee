package io.sinkstream.dialogue;

import io.sinkstream.benchmark.ResidentMemory;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.StreamFile;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamState;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What can be said in a dialogue that is not for the model. */
final class ChatCommands {
    /** Ends it. */
    static final String EXIT = "/exit";

    private static final String RESET = "/reset";
    private static final String STATS = "/stats";
    private static final String SAVE = "/save";
    private static final String LOAD = "/load";
    /** Goes on with an answer. */
    static final String CONTINUE = "/continue";

    private static final String HELP = "/help";

    private static final List<String> HELP_LINES = List.of(
            RESET + "        begins anew, with an empty stream",
            STATS + "        tells what the stream has, and what it takes",
            SAVE + " FILE    writes the stream, as tokens, to go on with later",
            LOAD + " FILE    goes on with a stream that was written so, by the same model, sinks and window",
            CONTINUE + "     goes on with an answer that was cut off",
            HELP + "         this",
            EXIT + "         ends the dialogue, as Ctrl-D does",
            "All else is for the model. A line that ends with a backslash goes on with the next one; a message that begins",
            "with a slash needs a blank before it. Ctrl-C ends an answer: what was said of it stays in the stream.");

    private final Conversation conversation;
    private final ChatConsole console;

    ChatCommands(Conversation conversation, ChatConsole console) {
        this.conversation = conversation;
        this.console = console;
    }

    static List<String> names() {
        return List.of(RESET, STATS, SAVE, LOAD, CONTINUE, HELP, EXIT);
    }

    /** Whether a message is one. */
    static boolean isCommand(String message) {
        return message.startsWith("/");
    }

    /**
     * Obeys one; whether the dialogue goes on.
     *
     * @throws UserException if it is none, or can't be obeyed
     */
    boolean obey(String message) {
        String[] words = message.strip().split("\\s+", 2);
        String argument = words.length > 1 ? words[1] : "";
        if (words[0].equals(SAVE) || words[0].equals(LOAD)) {
            if (argument.isEmpty()) {
                throw new UserException(words[0] + " needs the name of a file");
            }
        } else if (!argument.isEmpty() && names().contains(words[0])) {
            throw new UserException(words[0] + " takes nothing behind it, and there is \"" + argument + "\"");
        }
        switch (words[0]) {
            case RESET -> {
                conversation.reset();
                console.tell("(the stream is empty)");
            }
            case STATS -> stats();
            case SAVE -> save(file(argument));
            case LOAD -> load(file(argument));
            case HELP -> HELP_LINES.forEach(console::tell);
            case EXIT -> {
                return false;
            }
            default ->
                throw new UserException(words[0] + " is no command; there are " + String.join(", ", names())
                        + ". A message that begins with a slash needs a blank before it");
        }
        return true;
    }

    private static Path file(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UserException("\"" + name + "\" is no name of a file: " + e.getReason(), e);
        }
    }

    private void save(Path file) {
        StreamFile.write(file, options(), conversation.state());
        console.tell("(" + TextTable.count(conversation.state().position()) + " tokens of a stream are saved in " + file
                + ")");
    }

    private void load(Path file) {
        StreamState state = StreamFile.read(file, options(), conversation.model());
        conversation.goOn(state);
        console.tell("(a stream of " + TextTable.count(state.position()) + " tokens; the next turn runs its last "
                + TextTable.count(state.rebuildTokens()) + " again)");
    }

    private ModelOptions options() {
        return conversation.options().model().options();
    }

    private void stats() {
        long held = conversation.model().usage().caches().idleBytes();
        console.tell(String.format(
                Locale.ROOT,
                "turns %,d, tokens in the stream %,d, answered %,d, their perplexity %s",
                conversation.turns(),
                conversation.state().position(),
                conversation.answered(),
                TextTable.number(conversation.perplexity())));
        console.tell(String.format(
                Locale.ROOT,
                "%s: %,d sinks, a window of %,d; all turns took %.1f s; cache %,d MiB, resident %,d MiB",
                conversation.options().experiment().toString().toLowerCase(Locale.ROOT),
                options().sinks(),
                options().window(),
                conversation.seconds(),
                held >> 20,
                ResidentMemory.bytes() >> 20));
    }
}
