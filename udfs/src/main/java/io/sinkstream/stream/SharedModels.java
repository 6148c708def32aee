package io.sinkstream.stream;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The models that this JVM's tasks share, one for each choice of options.
 *
 * <p>Tasks {@link #hold} a model while they run and let go of it by closing what they got. A model that nobody holds stays,
 * since the next task most often wants it, with its caches; but only the {@value #KEPT} that were used last do, so that
 * whoever tries one window after another does not collect models.
 *
 * <p>Safe for many threads. Loading one model keeps no one waiting who wants another.
 */
public final class SharedModels {
    /** Two queries with models of their own take turns without loading them again. */
    static final int KEPT = 2;

    /** In the order of use, the least recent first. */
    private static final Map<ModelOptions, Shared> MODELS = new LinkedHashMap<>();

    private SharedModels() {}

    /** A model that is held; whoever closes this, once or more often, lets go of it. */
    public interface Held extends AutoCloseable {
        /** The model, which is not the holder's to close. */
        StreamModel model();

        @Override
        void close();

        /** Lets go of it, and frees it at once if nobody else holds it. */
        void free();
    }

    /** One model, its holders, and how it is loaded: by the first of them, while the others wait. */
    private static final class Shared {
        private final ModelOptions options;
        private volatile StreamModel model;
        private int holders;

        Shared(ModelOptions options) {
            this.options = options;
        }

        /** A model that has ended by itself, or could not be loaded, is loaded anew. */
        synchronized StreamModel loaded() {
            if (model == null || model.isClosed()) {
                close();
                StreamModel.requireRoom(options);
                model = StreamModel.open(options);
            }
            return model;
        }

        /** Waits for no model that is being loaded. */
        StreamModelUsage usage() {
            StreamModel mine = model;
            return mine == null ? null : mine.usage();
        }

        synchronized void close() {
            if (model != null) {
                model.close();
                model = null;
            }
        }
    }

    /**
     * The model with these options, which is loaded if it is not there.
     *
     * @throws io.sinkstream.settings.UserException for anything about the model that is missing, broken or not supported
     */
    public static Held hold(ModelOptions options) {
        Shared shared;
        synchronized (MODELS) {
            shared = MODELS.remove(options);
            if (shared == null) {
                shared = new Shared(options);
            }
            MODELS.put(options, shared);
            shared.holders++;
        }
        Holder holder = new Holder(shared);
        try {
            // Room for it first: what nobody holds may be what memory lacks.
            closeAll(unheldBeyondKept());
            holder.model = shared.loaded();
            return holder;
        } catch (RuntimeException | Error e) {
            holder.close();
            throw e;
        }
    }

    private static final class Holder implements Held {
        private final Shared shared;
        private StreamModel model;
        private boolean isHeld = true;

        Holder(Shared shared) {
            this.shared = shared;
        }

        @Override
        public StreamModel model() {
            return model;
        }

        @Override
        public void close() {
            synchronized (MODELS) {
                letGo();
            }
            closeAll(unheldBeyondKept());
        }

        @Override
        public void free() {
            boolean isLast;
            synchronized (MODELS) {
                isLast = letGo() && shared.holders == 0 && MODELS.remove(shared.options, shared);
            }
            if (isLast) {
                shared.close();
            }
            closeAll(unheldBeyondKept());
        }

        /** Whether it was held until now. */
        private boolean letGo() {
            if (!isHeld) {
                return false;
            }
            isHeld = false;
            shared.holders--;
            return true;
        }
    }

    /** Takes the least recently used of those that nobody holds out of the map, until few enough are left. */
    private static List<Shared> unheldBeyondKept() {
        synchronized (MODELS) {
            long beyond = MODELS.values().stream()
                            .filter(shared -> shared.holders == 0)
                            .count()
                    - KEPT;
            List<Shared> left = new ArrayList<>();
            for (Iterator<Shared> all = MODELS.values().iterator(); beyond > 0 && all.hasNext(); ) {
                Shared shared = all.next();
                if (shared.holders == 0) {
                    all.remove();
                    left.add(shared);
                    beyond--;
                }
            }
            return left;
        }
    }

    private static void closeAll(List<Shared> models) {
        models.forEach(Shared::close);
    }

    /** What each of the models has done. */
    public static Map<ModelOptions, StreamModelUsage> usage() {
        List<Shared> all;
        synchronized (MODELS) {
            all = List.copyOf(MODELS.values());
        }
        Map<ModelOptions, StreamModelUsage> usage = new HashMap<>();
        for (Shared shared : all) {
            StreamModelUsage mine = shared.usage();
            if (mine != null) {
                usage.put(shared.options, mine);
            }
        }
        return usage;
    }

    /** Frees all models, held or not: the JVM ends. */
    public static void closeAll() {
        List<Shared> all;
        synchronized (MODELS) {
            all = List.copyOf(MODELS.values());
            MODELS.clear();
        }
        closeAll(all);
    }
}
