package io.sinkstream.streaming;

import io.sinkstream.batch.RowLayout;
import io.sinkstream.settings.HistoryLength;
import io.sinkstream.state.SavedStream;
import io.sinkstream.state.StreamCommand;
import io.sinkstream.state.StreamHead;
import io.sinkstream.state.StreamStore;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;

/**
 * The input's rows among a bucket's. Commands are obeyed on the way, one by one: they come before all rows of their stream, so
 * none of those has been looked at.
 */
final class ObeyedRows implements Iterator<Row> {
    private final Iterator<Row> all;
    private final RowLayout layout;
    private final StreamLayout more;
    private final StreamStore store;
    private final StreamModel model;
    private final String query;
    private final long keep;
    private final HistoryLength history;
    private final long now;
    private Row ahead;

    /**
     * @param keep how many tokens before a stream's pending one are kept, as {@code history} asks
     * @param now when the micro-batch began, or the watermark, milliseconds since 1970
     */
    ObeyedRows(
            Iterator<Row> all,
            RowLayout layout,
            StreamLayout more,
            StreamStore store,
            StreamModel model,
            String query,
            long keep,
            HistoryLength history,
            long now) {
        this.all = all;
        this.layout = layout;
        this.more = more;
        this.store = store;
        this.model = model;
        this.query = query;
        this.keep = keep;
        this.history = history;
        this.now = now;
    }

    @Override
    public boolean hasNext() {
        while (ahead == null && all.hasNext()) {
            Row row = all.next();
            if (more.command(row) == null) {
                ahead = row;
            } else {
                obey(StreamCommand.valueOf(more.command(row)), layout.key(row), more.state(row));
            }
        }
        return ahead != null;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Row row = ahead;
        ahead = null;
        return row;
    }

    private void obey(StreamCommand command, String key, byte[] saved) {
        store.remove(key);
        model.forget(new StreamName(query, key));
        StreamHead begun =
                switch (command) {
                    case DELETE -> StreamHead.empty();
                    case RESTORE -> store.restore(key, SavedStream.restored(saved, keep, history, now));
                    case RERUN -> store.restore(key, SavedStream.rerun(saved, model, keep, now));
                };
        if (begun.position() > 0) {
            store.write(key, begun);
        }
    }
}
