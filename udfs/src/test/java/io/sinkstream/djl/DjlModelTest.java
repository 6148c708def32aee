package io.sinkstream.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.SharedModels;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.testing.Golden;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A checkpoint as DJL loads it, by what {@code serving.properties} says. */
class DjlModelTest {
    /** The same numbers, which are floats here. */
    private static final float SAME = 1e-4f;

    private static final String TEXT = "Once upon a time there was a dog, and the dog was red.";

    private static final Map<String, String> SETTINGS = Map.of(
            "spark.sinkstream.attention.sink.size", "2",
            "spark.sinkstream.attention.sink.window.size", "10",
            "spark.sinkstream.weight.memory", "1");

    @TempDir
    private static Path folders;

    private static Path folder;

    @BeforeAll
    static void write() throws IOException {
        folder = TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(folders.resolve("model"));
        Files.writeString(folder.resolve(ServingProperties.FILE), ServingProperties.scoring(SETTINGS));
    }

    @AfterEach
    void close() {
        SharedModels.closeAll();
    }

    private static <I, O> Criteria.Builder<I, O> criteria(Class<I> input, Class<O> output) {
        return Criteria.builder()
                .setTypes(input, output)
                .optModelPath(folder)
                .optTranslatorFactory(new StreamTranslatorFactory());
    }

    private static <I, O> Criteria.Builder<I, O> continuing(Class<I> input, Class<O> output) {
        return criteria(input, output).optApplication(Application.NLP.TEXT_GENERATION);
    }

    private static ModelOptions options() {
        return ModelOptions.of(folder).withAttention(2, 10).withCompute(ComputeOptions.DEFAULTS.withWeightBytes(0));
    }

    /** What the model itself says of the text and the separator behind it. */
    private static double[] nlls(String text) {
        try (StreamModel model = StreamModel.open(options())) {
            return model.advance(StreamUpdate.score(null, model.start(), tokens(model, text + "\n")))
                    .nll();
        }
    }

    private static int[] tokens(StreamModel model, String text) {
        TextTokenizer tokenizer = model.tokenizer().orElseThrow();
        return IntStream.concat(Arrays.stream(tokenizer.prefix()), Arrays.stream(tokenizer.encode(text)))
                .toArray();
    }

    private static void assertSame(float[] found, double[] wanted) {
        assertThat(found).hasSameSizeAs(wanted);
        assertThat(found[0]).isNaN();
        for (int i = 1; i < found.length; i++) {
            assertThat(found[i]).as("token %d", i).isCloseTo((float) wanted[i], within(SAME));
        }
    }

    @Test
    void aTextsTokensHaveTheNllsOfARowThatIsScored() throws Exception {
        try (ZooModel<String, float[]> model =
                        criteria(String.class, float[].class).build().loadModel();
                Predictor<String, float[]> predictor = model.newPredictor()) {
            assertSame(predictor.predict(TEXT), nlls(TEXT));
            // Each is a stream of its own.
            List<float[]> both = predictor.batchPredict(List.of(TEXT, "The dog.", TEXT));
            assertSame(both.get(1), nlls("The dog."));
            assertSame(both.get(2), nlls(TEXT));
        }
    }

    @Test
    void tokenIdsHaveTheGoldenNumbers() throws Exception {
        Golden golden = Golden.own("yi", folders.resolve("yi"));
        Files.writeString(golden.folder().resolve(ServingProperties.FILE), ServingProperties.scoring(Map.of()));
        for (Golden.Streaming wanted : golden.streaming()) {
            Criteria<NDList, NDList> criteria = Criteria.builder()
                    .setTypes(NDList.class, NDList.class)
                    .optModelPath(golden.folder())
                    .optArgument("spark.sinkstream.attention.sink.size", wanted.sinks())
                    .optArgument("spark.sinkstream.attention.sink.window.size", wanted.window())
                    .optTranslator(new NoopTranslator(null))
                    .build();
            try (ZooModel<NDList, NDList> model = criteria.loadModel();
                    Predictor<NDList, NDList> predictor = model.newPredictor();
                    NDManager manager = NDManager.newBaseManager()) {
                NDList nll = predictor.predict(new NDList(
                        manager.create(golden.ids()),
                        manager.create(
                                Arrays.stream(golden.ids()).asLongStream().toArray())));
                for (int stream = 0; stream < 2; stream++) {
                    float[] found = nll.get(stream).toFloatArray();
                    assertThat(found).hasSize(wanted.nll().length + 1);
                    for (int t = 1; t < found.length; t++) {
                        assertThat(found[t])
                                .as("%s, token %d", wanted, t)
                                .isCloseTo((float) wanted.nll()[t - 1], within(SAME));
                    }
                }
            }
        }
    }

    @Test
    void aTextIsContinuedAsTheModelDoesIt() throws Exception {
        Criteria<String, String> criteria = criteria(String.class, String.class)
                .optArgument("spark.sinkstream.max.new.tokens", 7)
                .optArgument("spark.sinkstream.ignore.eos", true)
                .build();
        String wanted;
        try (StreamModel model = StreamModel.open(options())) {
            int[] more = model.advance(StreamUpdate.generate(null, model.start(), tokens(model, TEXT), 7, true))
                    .continuation()
                    .tokens();
            wanted = model.tokenizer().orElseThrow().decode(more);
        }
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            assertThat(predictor.predict(TEXT)).isEqualTo(wanted).isNotEmpty();
            assertThat(predictor.predict(null)).isNull();
        }
    }

    @Test
    void inputsOfABatchShareThePasses() throws Exception {
        List<String> texts =
                IntStream.range(0, 16).mapToObj(i -> "Lily saw dog " + i).toList();
        try (ZooModel<String, float[]> model =
                        criteria(String.class, float[].class).build().loadModel();
                Predictor<String, float[]> predictor = model.newPredictor()) {
            predictor.predict("first");
            long before = passes();
            List<float[]> together = predictor.batchPredict(texts);
            assertThat(passes() - before).isLessThan(8);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(together.get(i)).hasSameSizeAs(predictor.predict(texts.get(i)));
            }
        }
    }

    private static long passes() {
        return SharedModels.usage().values().iterator().next().passes();
    }

    private static Input json(String body) {
        Input input = new Input();
        input.addProperty("content-type", "application/json; charset=utf-8");
        input.add(body);
        return input;
    }

    private static JsonObject object(Output output) {
        return JsonParser.parseString(output.getData().getAsString()).getAsJsonObject();
    }

    @Test
    void aRequestIsScoredIntoTheColumnsOfTheCommand() throws Exception {
        double[] nlls = nlls(TEXT);
        double nll = Arrays.stream(nlls).skip(1).sum();
        Input plain = new Input();
        plain.add(TEXT);
        // All of it is in the file, as DJL Serving needs it.
        Criteria<Input, Output> criteria = Criteria.builder()
                .setTypes(Input.class, Output.class)
                .optModelPath(folder)
                .build();
        try (ZooModel<Input, Output> model = criteria.loadModel();
                Predictor<Input, Output> predictor = model.newPredictor()) {
            JsonObject scored = object(predictor.predict(plain));
            assertThat(scored.keySet())
                    .containsExactly(
                            "tokens", "nll", "perplexity", "bits_per_byte", "stream_tokens", "stream_perplexity");
            assertThat(scored.get("tokens").getAsInt()).isEqualTo(nlls.length);
            assertThat(scored.get("nll").getAsDouble()).isCloseTo(nll, within(1e-3));

            Output listed = predictor.predict(
                    json("{\"inputs\": [\"" + TEXT + "\", null, \"x\"], \"parameters\": {\"token_nll\": true}}"));
            assertThat(listed.getCode()).isEqualTo(200);
            var rows = JsonParser.parseString(listed.getData().getAsString()).getAsJsonArray();
            assertThat(rows).hasSize(3);
            assertThat(rows.get(0).getAsJsonObject().get("token_nll").getAsJsonArray())
                    .hasSize(nlls.length);
            // Each is the first row of its stream: a bad one costs no other anything.
            assertThat(rows.get(1).toString()).isEqualTo("{\"error\":\"the text is null\"}");
            assertThat(rows.get(2).getAsJsonObject().has("nll")).isTrue();
        }
    }

    @Test
    void aRequestIsContinuedByItsOwnParameters() throws Exception {
        try (ZooModel<Input, Output> model =
                        continuing(Input.class, Output.class).build().loadModel();
                Predictor<Input, Output> predictor = model.newPredictor()) {
            List<Output> outputs = predictor.batchPredict(
                    List.of(
                            json("{\"inputs\": \"" + TEXT
                                    + "\", \"parameters\": {\"max_new_tokens\": 3, \"ignore_eos\": true}}"),
                            json(
                                    "{\"inputs\": \"" + TEXT
                                            + "\", \"parameters\": {\"max_new_tokens\": 5, \"ignore_eos\": true,"
                                            + " \"stop\": [\"qqqqq\"], \"logit_bias\": {\"5\": 1.5}, \"bad_words_ids\": [[1, 2], [3]]}}")));

            assertThat(object(outputs.get(0)).get("continuation_tokens").getAsJsonArray())
                    .hasSize(3);
            assertThat(object(outputs.get(1)).get("continuation_tokens").getAsJsonArray())
                    .hasSize(5);
            assertThat(object(outputs.get(1)).get("finish_reason").getAsString())
                    .isEqualTo("length");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "{\"inputs\": 7} | inputs: is no text; expected a text or a list of texts",
                "{\"parameters\": {}} | inputs: is missing; expected a text or a list of texts",
                "{\"inputs\": \"a\", \"parameters\": 3} | parameters: is no object of names and values",
                "{\"inputs\": \"a\", \"stream\": true} | stream: is no part of a request; allowed are inputs and parameters",
                "{\"inputs\": \"a\", \"parameters\": {\"max_new_token\": 3}} | max_new_token: there is no such parameter; the nearest is max_new_tokens",
                "{\"inputs\": \"a\", \"parameters\": {\"max_new_tokens\": 0}} | --max-new-tokens: ",
                "{\"inputs\": \"a\", \"parameters\": {\"suppress_tokens\": [99999]}} | outside the vocabulary",
                "{\"inputs\": \"a\" | End of input",
                "nonsense | Use JsonReader"
            })
    void aRequestThatIsWrongIsToldAndCostsNoOther(String body, String problem) throws Exception {
        try (ZooModel<Input, Output> model = continuing(Input.class, Output.class)
                        .optArgument("spark.sinkstream.max.new.tokens", 2)
                        .build()
                        .loadModel();
                Predictor<Input, Output> predictor = model.newPredictor()) {
            List<Output> outputs = predictor.batchPredict(List.of(json(body), json("\"Once\"")));

            assertThat(outputs.get(0).getCode()).isEqualTo(400);
            assertThat(object(outputs.get(0)).get("error").getAsString()).contains(problem);
            assertThat(outputs.get(1).getCode()).isEqualTo(200);
            assertThat(object(outputs.get(1)).has("continuation")).isTrue();
        }
    }

    @Test
    void bytesAreATextAndItsResultsAsJson() throws Exception {
        Criteria<byte[], byte[]> criteria = criteria(byte[].class, byte[].class)
                .optArgument("spark.sinkstream.max.row.bytes", 20)
                .build();
        try (ZooModel<byte[], byte[]> model = criteria.loadModel();
                Predictor<byte[], byte[]> predictor = model.newPredictor()) {
            List<byte[]> results = predictor.batchPredict(Arrays.asList(
                    "The dog.".getBytes(StandardCharsets.UTF_8), TEXT.getBytes(StandardCharsets.UTF_8), null));

            List<String> texts = results.stream()
                    .map(each -> new String(each, StandardCharsets.UTF_8))
                    .toList();
            assertThat(texts.get(0)).startsWith("{\"tokens\":");
            assertThat(texts.get(1))
                    .isEqualTo("{\"error\":\"text and separator have 55 bytes, over the 20 of --max-row-bytes\"}");
            assertThat(texts.get(2)).isEqualTo("{\"error\":\"the text is null\"}");
        }
    }

    @Test
    void aTextThatCantBeReadIsAnErrorWhereThereIsNoPlaceForOne() throws Exception {
        Criteria<String, float[]> criteria = criteria(String.class, float[].class)
                .optArgument("spark.sinkstream.max.row.bytes", 20)
                .build();
        try (ZooModel<String, float[]> model = criteria.loadModel();
                Predictor<String, float[]> predictor = model.newPredictor()) {
            assertThatThrownBy(() -> predictor.predict(TEXT))
                    .isInstanceOf(TranslateException.class)
                    .hasMessageContaining("over the 20 of --max-row-bytes");
        }
    }

    @Test
    void closingAModelFreesItUnlessSomeoneElseHoldsIt() throws Exception {
        Criteria<String, float[]> criteria =
                criteria(String.class, float[].class).build();
        try (ZooModel<String, float[]> one = criteria.loadModel();
                Predictor<String, float[]> stays = one.newPredictor()) {
            ZooModel<String, float[]> other = criteria.loadModel();
            assertThat(SharedModels.usage()).as("they share it").hasSize(1);
            other.close();
            other.close();
            assertSame(stays.predict(TEXT), nlls(TEXT));
        }
        assertThat(SharedModels.usage()).isEmpty();
    }

    @Test
    void aModelElsewhereIsNamedByASetting() throws Exception {
        Path named = Files.createDirectories(folders.resolve("named"));
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("spark.sinkstream.model", folder.toString());
        Files.writeString(named.resolve(ServingProperties.FILE), ServingProperties.scoring(settings));
        Criteria<String, float[]> criteria = Criteria.builder()
                .setTypes(String.class, float[].class)
                .optModelUrls(named.toUri().toString())
                .optArgument("translatorFactory", StreamTranslatorFactory.class.getName())
                .build();
        try (ZooModel<String, float[]> model = criteria.loadModel();
                Predictor<String, float[]> predictor = model.newPredictor()) {
            assertSame(predictor.predict(TEXT), nlls(TEXT));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "spark.sinkstream.attention.sink.sise | 4 | spark.sinkstream.attention.sink.sise: there is no such setting; the nearest is spark.sinkstream.attention.sink.size",
                "sinkstream.dtype | int8 | sinkstream.dtype: there is no such setting; settings begin with spark.sinkstream.",
                "spark.sinkstream.key | host | spark.sinkstream.key: has no part in a model of DJL's; the nearest that has is spark.sinkstream.seed",
                "spark.sinkstream.device | cpu | spark.sinkstream.device: has no part in a model of DJL's, whose device DJL chooses",
                "spark.sinkstream.dtype | int3 | spark.sinkstream.dtype: ",
                "spark.sinkstream.revision | main | --revision",
                "application | nlp/fill_mask | application: is nlp/fill_mask; allowed is nlp/text_generation"
            })
    void whatIsNotSupportedIsRefusedInALine(String key, String value, String message) {
        Criteria<byte[], byte[]> criteria =
                criteria(byte[].class, byte[].class).optArgument(key, value).build();
        assertThatThrownBy(criteria::loadModel)
                .isInstanceOf(UserException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
        assertThat(SharedModels.usage()).as("nothing stays").isEmpty();
    }

    @Test
    void aModelWithoutATokenizerReadsNoTexts() throws IOException {
        Path bare = TinyModels.of(Shape.llama()).write(folders.resolve("bare"));
        Files.writeString(bare.resolve(ServingProperties.FILE), ServingProperties.scoring(SETTINGS));
        Criteria<String, float[]> criteria = Criteria.builder()
                .setTypes(String.class, float[].class)
                .optModelPath(bare)
                .optTranslatorFactory(new StreamTranslatorFactory())
                .build();
        assertThatThrownBy(criteria::loadModel)
                .isInstanceOf(UserException.class)
                .hasMessageContaining("has no tokenizer.json, so that no text can be read; add it");
        assertThat(SharedModels.usage()).isEmpty();
    }

    @Test
    void theDeviceIsDjls() throws Exception {
        try (ZooModel<String, float[]> model = criteria(String.class, float[].class)
                .optDevice(Device.cpu())
                .build()
                .loadModel()) {
            assertThat(model.getNDManager().getDevice()).isEqualTo(Device.cpu());
            assertThat(SharedModels.usage().keySet().iterator().next().compute().device())
                    .isEqualTo("cpu");
        }
    }

    @Test
    void theFileSaysNoMoreThanItNeeds() {
        Map<String, String> settings =
                new TreeMap<>(Map.of("spark.sinkstream.separator", "\\n", "spark.sinkstream.stop", "é="));
        assertThat(ServingProperties.continuing(settings).lines())
                .containsExactly(
                        "# DJL loads this folder by sinkstream, whose jar has to be there.",
                        "application=nlp/text_generation",
                        "blockFactory=io.sinkstream.djl.StreamBlockFactory",
                        "engine=PyTorch",
                        "option.hasParameter=false",
                        "spark.sinkstream.separator=\\\\n",
                        "spark.sinkstream.stop=\\u00E9\\=",
                        "translatorFactory=io.sinkstream.djl.StreamTranslatorFactory");
    }

    @Test
    void worksAsDjlsSparkExtensionCallsItWithoutSparkAndScala() throws Exception {
        Path log = folders.resolve("log");
        ProcessBuilder program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Dai.djl.offline=true",
                        "-DOPT_OUT_TRACKING=true",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SparkExtensionCalls.class.getName(),
                        folder.toUri().toString(),
                        TEXT)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        // Java may have copied the environment of this process after libtorch's part was set in it.
        program.environment().remove("GOMP_SPINCOUNT");
        int exit = program.start().waitFor();
        List<String> lines = Files.readAllLines(log);

        assertThat(exit).as("%s", lines).isZero();
        List<Float> nlls = new ArrayList<>();
        lines.stream()
                .filter(line -> line.startsWith("nll "))
                .forEach(line -> nlls.add(Float.parseFloat(line.substring(4))));
        float[] found = new float[nlls.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = nlls.get(i);
        }
        assertSame(found, nlls(TEXT));
        assertThat(lines).contains("before the engine: spins 3000, libtorch is not there");
        assertThat(lines).anyMatch(line -> line.startsWith("bytes {\"tokens\":"));
    }
}
