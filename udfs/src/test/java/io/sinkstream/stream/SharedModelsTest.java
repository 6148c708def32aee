package io.sinkstream.stream;

import static io.sinkstream.stream.NllAssert.assertNll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who holds a model keeps it; who tries many keeps few. */
class SharedModelsTest {
    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
    }

    @AfterEach
    void close() {
        SharedModels.closeAll();
    }

    private static ModelOptions window(int window) {
        return ModelOptions.of(folder).withAttention(4, window).withCompute(TinyCompute.UNMEASURED);
    }

    private static Set<Integer> windows() {
        return SharedModels.usage().keySet().stream().map(ModelOptions::window).collect(Collectors.toSet());
    }

    @Test
    void holdersOfTheSameOptionsShareAModelThatOutlivesThem() {
        SharedModels.Held one = SharedModels.hold(window(12));
        SharedModels.Held other = SharedModels.hold(window(12));
        StreamModel model = one.model();
        assertThat(other.model()).isSameAs(model);
        one.close();
        one.close();
        score(model);
        other.close();
        try (SharedModels.Held later = SharedModels.hold(window(12))) {
            assertThat(later.model()).isSameAs(model);
        }
    }

    @Test
    void whoTriesOneWindowAfterAnotherKeepsTheLastTwo() {
        for (int window = 12; window < 18; window++) {
            try (SharedModels.Held held = SharedModels.hold(window(window))) {
                score(held.model());
            }
        }
        assertThat(windows()).containsExactlyInAnyOrder(16, 17);
    }

    @Test
    void aHeldModelIsNeverClosed() {
        List<SharedModels.Held> all = new ArrayList<>();
        for (int window = 12; window < 17; window++) {
            all.add(SharedModels.hold(window(window)));
        }
        all.forEach(held -> score(held.model()));
        assertThat(windows()).hasSize(5);
        all.forEach(SharedModels.Held::close);
        assertThat(windows()).containsExactlyInAnyOrder(15, 16);
    }

    @Test
    void aModelThatHasEndedIsReplaced() {
        try (SharedModels.Held dead = SharedModels.hold(window(12))) {
            dead.model().close();
            assertThatThrownBy(() -> score(dead.model())).hasMessage("the model is closed");
            try (SharedModels.Held next = SharedModels.hold(window(12))) {
                score(next.model());
            }
        }
    }

    @Test
    void whatCannotBeLoadedIsHeldByNobodyAndTriedAgain() {
        ModelOptions missing = ModelOptions.of(folder.resolve("nowhere"));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> SharedModels.hold(missing)).isInstanceOf(UserException.class);
        }
        assertThat(SharedModels.usage()).isEmpty();
    }

    @Test
    void modelsThatDifferInTheirWindowShareTheWeights() {
        int before = SharedWeights.count();
        int[] ids = TinyModels.Shape.llama().tokens(60, 1);
        PlainDecoder reference = PlainDecoder.load(folder);
        StreamModel narrow = StreamModel.open(window(8));
        try (StreamModel wide = StreamModel.open(window(30))) {
            assertThat(SharedWeights.count()).isEqualTo(before + 1);
            for (StreamModel model : List.of(narrow, wide)) {
                assertNll(model.advance(StreamUpdate.score(null, model.start(), ids))
                                .nll())
                        .isThatOf(reference.nll(ids, 4, model == narrow ? 8 : 30));
            }
            narrow.close();
            assertNll(wide.advance(StreamUpdate.score(null, wide.start(), ids)).nll())
                    .isThatOf(reference.nll(ids, 4, 30));
            assertThat(SharedWeights.count()).isEqualTo(before + 1);
        }
        assertThat(SharedWeights.count()).isEqualTo(before);
    }

    private static void score(StreamModel model) {
        assertThat(model.advance(StreamUpdate.score(null, model.start(), new int[] {1, 2, 3}))
                        .nll())
                .hasSize(3);
    }
}
