package io.sinkstream.djl;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.rows.RowOutcome;
import java.util.List;

/**
 * A text's bytes in UTF-8 in, results as JSON in UTF-8 out, with what is wrong with a text among them: what DJL's Spark extension calls
 * a binary prediction.
 *
 * @param tasks what is done with texts
 */
record BytesForm(RequestTasks tasks) implements Form<byte[], byte[]> {
    @Override
    public Request request(byte[] input) {
        return Request.of(input == null ? null : new String(input, UTF_8), tasks.usual());
    }

    @Override
    public byte[] output(Request request, List<RowOutcome> outcomes) {
        return new JsonResults(request.task()).one(outcomes.get(0)).getBytes(UTF_8);
    }
}
