package io.sinkstream.sql;

import java.util.ArrayList;
import java.util.List;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Scala's lists, of which a plan is made. */
final class Seqs {
    private Seqs() {}

    @SafeVarargs
    static <T> Seq<T> of(T... elements) {
        List<T> all = new ArrayList<>();
        for (T element : elements) {
            all.add(element);
        }
        return of(all);
    }

    static <T> Seq<T> of(List<? extends T> elements) {
        List<T> copy = new ArrayList<>(elements);
        return CollectionConverters.asScala(copy).toSeq();
    }

    /** The one behind the other. */
    static <T> Seq<T> joined(Seq<? extends T> first, Seq<? extends T> second) {
        List<T> all = new ArrayList<>(list(first));
        all.addAll(list(second));
        return of(all);
    }

    static <T> List<T> list(Seq<T> elements) {
        return CollectionConverters.asJava(elements);
    }
}
