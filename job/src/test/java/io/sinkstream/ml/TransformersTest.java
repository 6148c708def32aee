package io.sinkstream.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.harness.SameRows;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.TestSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Spark ML expects of a transformer. */
class TransformersTest {
    @TempDir
    Path folder;

    private Dataset<Row> rows;

    @BeforeEach
    void begin() {
        SparkSession spark = TestSession.get();
        rows = spark.sql("SELECT * FROM VALUES ('a', 1, 'INFO started'), ('a', 2, 'INFO done'), ('b', 1, 'WARN odd')"
                + " AS (host, time, line)");
    }

    private static StreamScorer scorer() {
        return new StreamScorer()
                .setModelUrl("builtin")
                .setKeyCol("host")
                .setOrderCol("time")
                .setInputCol("line")
                .set("dtype", "float32")
                .set("attention-sink-window-size", "60");
    }

    @Test
    void aSavedPipelineGivesTheSame() throws Exception {
        SQLTransformer surprise = new SQLTransformer().setStatement("SELECT *, nll / tokens AS surprise FROM __THIS__");
        PipelineModel model = new Pipeline()
                .setStages(new PipelineStage[] {scorer(), surprise})
                .fit(rows);
        String path = folder.resolve("pipeline").toString();

        model.write().save(path);
        PipelineModel loaded = PipelineModel.load(path);

        assertThat(loaded.uid()).isEqualTo(model.uid());
        SameRows.assertSame(loaded.transform(rows), model.transform(rows));
        SameRows.assertSame(loaded.transform(rows), surprise.transform(scorer().transform(rows)));
    }

    @Test
    void aTransformerIsSavedWithItsParams() throws Exception {
        StreamGenerator generator = new StreamGenerator()
                .setKeyCol("host")
                .setOrderCol("time")
                .setInputCol("line")
                .set("dtype", "float32")
                .set("stop", "\\n")
                .set("max-new-tokens", "3");
        String path = folder.resolve("generator").toString();

        generator.write().save(path);
        StreamGenerator loaded = StreamGenerator.load(path);

        assertThat(loaded.uid()).isEqualTo(generator.uid());
        assertThat(loaded.extractParamMap())
                .hasToString(generator.extractParamMap().toString());
        SameRows.assertSame(loaded.transform(rows), generator.transform(rows));
    }

    @Test
    void theSchemaIsThatOfTheTable() {
        assertThat(scorer().transformSchema(rows.schema()))
                .isEqualTo(scorer().transform(rows).schema());
        assertThat(scorer().setCheckpoint("/x").transformSchema(rows.schema()).fieldNames())
                .endsWith("stream_perplexity", "error");
        assertThatThrownBy(() -> scorer().setInputCol("text").transformSchema(rows.schema()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("there is no column text");
    }

    @Test
    void aCopyHasItsOwnParams() {
        StreamScorer scorer = scorer();

        Transformer copy = scorer.copy(new ParamMap().put(scorer.getParam("prefix"), "x_"));

        assertThat(copy.uid()).isEqualTo(scorer.uid());
        assertThat(copy.transform(rows).columns()).contains("x_nll", "line").doesNotContain("nll");
        assertThat(scorer.transform(rows).columns()).contains("nll");
    }

    @Test
    void everySettingIsAParamWithItsDoc() {
        StreamScorer scorer = scorer();

        assertThat(Stream.of(scorer.params()).map(Param::name))
                .contains("model", "keyCol", "orderCol", "inputCol", "tokensCol", "attentionSinkSize", "tokenNll")
                .doesNotHaveDuplicates();
        assertThat(scorer.explainParam(scorer.getParam("inputCol")))
                .startsWith("inputCol: The column of the text.")
                .contains("line");
        assertThat(scorer.explainParam(scorer.getParam("separator"))).contains("undefined");
        assertThat(new StreamGenerator().hasParam("temperature")).isTrue();
    }

    @Test
    void aModelsUrlIsItsPath() {
        StreamScorer scorer = scorer().setModelUrl(folder.toUri().toString());

        assertThat(scorer.explainParam(scorer.getParam("model"))).contains("current: " + folder);
    }

    @Test
    void sparkFindsThem() {
        List<Class<?>> found = new ArrayList<>();
        ServiceLoader.load(Transformer.class).stream().forEach(provider -> found.add(provider.type()));

        assertThat(found).contains(StreamScorer.class, StreamGenerator.class);
    }
}
