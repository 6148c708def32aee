package io.sinkstream.settings;

/** Something the user can mend: the message names the option, file or field, the value found and what is allowed. */
public class UserException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param message one line, complete in itself: it is shown without a stack trace */
    public UserException(String message) {
        super(message);
    }

    /** @param message one line, complete in itself; {@code cause} is for debugging only */
    public UserException(String message, Throwable cause) {
        super(message, cause);
    }
}
