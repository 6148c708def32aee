package io.sinkstream.train;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * Where a training was at a time.
 *
 * @param step the steps taken
 * @param tokens the tokens trained on, of all replicas
 * @param loss the mean NLL of the last steps' samples, nats a token
 * @param validation the mean NLL of the validation samples, nats a token; NaN where it was not taken
 * @param norm the gradients' norm before it was cut
 * @param rate the learning rate
 * @param seconds since the training began, without the time that it stood still
 */
public record LogEntry(int step, long tokens, double loss, double validation, double norm, double rate, double seconds)
        implements Serializable {
    /** The columns of {@link #csv}. */
    public static final String HEADER = "step,tokens,loss,validation_loss,gradient_norm,learning_rate,seconds";

    /** One line of a CSV file. */
    public String csv() {
        return String.format(
                Locale.ROOT,
                "%d,%d,%.6f,%s,%.6f,%.9f,%.1f",
                step,
                tokens,
                loss,
                Double.isNaN(validation) ? "" : String.format(Locale.ROOT, "%.6f", validation),
                norm,
                rate,
                seconds);
    }

    /** The entry of such a line. */
    static LogEntry of(String csv) {
        List<String> cells = List.of(csv.split(",", -1));
        return new LogEntry(
                Integer.parseInt(cells.get(0)),
                Long.parseLong(cells.get(1)),
                Double.parseDouble(cells.get(2)),
                cells.get(3).isEmpty() ? Double.NaN : Double.parseDouble(cells.get(3)),
                Double.parseDouble(cells.get(4)),
                Double.parseDouble(cells.get(5)),
                Double.parseDouble(cells.get(6)));
    }
}
