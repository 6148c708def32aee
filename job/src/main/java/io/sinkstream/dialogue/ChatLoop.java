package io.sinkstream.dialogue;

import io.sinkstream.console.TextTable;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.FinishReason;
import java.util.Optional;
import java.util.function.Function;

/** A dialogue with a user, to its end. */
public final class ChatLoop {
    private final Conversation conversation;
    private final ChatConsole console;
    private final ChatCommands commands;

    /** A dialogue that has not begun. Both stay the caller's. */
    public ChatLoop(Conversation conversation, ChatConsole console) {
        this.conversation = conversation;
        this.console = console;
        commands = new ChatCommands(conversation, console);
    }

    /** Holds it. What the user can mend is told, and it goes on. */
    public void run() {
        for (Optional<String> said = console.next(); said.isPresent(); said = console.next()) {
            String message = said.get();
            try {
                if (message.strip().equals(ChatCommands.CONTINUE)) {
                    answer(conversation::goOn);
                } else if (ChatCommands.isCommand(message)) {
                    if (!commands.obey(message)) {
                        return;
                    }
                } else if (!message.isBlank()) {
                    answer(hearer -> conversation.say(conversation.tokens(message), hearer));
                }
            } catch (UserException | ContextFullException e) {
                console.tell("(" + e.getMessage() + ")");
            }
        }
    }

    private void answer(Function<Hearer, Answer> asked) {
        Answer answer;
        try (ChatConsole.Interruption interruption = console.listen()) {
            answer = asked.apply(new Shown(console, interruption));
        } finally {
            console.show(System.lineSeparator());
        }
        if (answer.isCut()) {
            console.tell("(the model's context is full: " + ChatCommands.names().get(0) + " begins anew)");
        } else if (answer.spoken().finish() == FinishReason.LENGTH) {
            console.tell("(cut off after the " + TextTable.count(answer.tokens()) + " tokens of "
                    + GenerationSettings.MAX_NEW_TOKENS + "; " + ChatCommands.CONTINUE + " goes on)");
        }
    }

    /** Shows an answer as it comes. */
    private record Shown(ChatConsole console, ChatConsole.Interruption interruption) implements Hearer {
        @Override
        public void reading(int done, int all) {
            console.tell("(read " + TextTable.count(done) + " of " + TextTable.count(all) + " tokens)");
        }

        @Override
        public void drawn(int token, double nll, String text) {
            console.show(text);
        }

        @Override
        public boolean isEnough() {
            return interruption.isGiven();
        }

        @Override
        public void ended(String text) {
            console.show(text);
        }
    }
}
