package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sinkstream.settings.UserException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the user reads when something is refused. */
final class Refusals {
    private Refusals() {}

    /** The message of the call's UserException, which must be one line. */
    static String refusal(ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).isExactlyInstanceOf(UserException.class);
        assertThat(thrown.getMessage()).doesNotContain("\n", "\r").isNotBlank();
        return thrown.getMessage();
    }
}
