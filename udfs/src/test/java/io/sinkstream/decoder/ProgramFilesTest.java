package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.sinkstream.decoder.DecoderSpec.Activation;
import io.sinkstream.decoder.DecoderSpec.Alibi;
import io.sinkstream.decoder.DecoderSpec.Attention;
import io.sinkstream.decoder.DecoderSpec.Block;
import io.sinkstream.decoder.DecoderSpec.LayerKind;
import io.sinkstream.decoder.DecoderSpec.Mlp;
import io.sinkstream.decoder.DecoderSpec.Norm;
import io.sinkstream.decoder.DecoderSpec.Output;
import io.sinkstream.decoder.DecoderSpec.Positions;
import io.sinkstream.decoder.DecoderSpec.QueryKeyNorm;
import io.sinkstream.decoder.DecoderSpec.Rotary;
import io.sinkstream.decoder.DecoderSpec.Scales;
import io.sinkstream.decoder.DecoderSpec.Sink;
import io.sinkstream.decoder.DecoderSpec.Sizes;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TokenDetails;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of all programs there are. */
class ProgramFilesTest {
    private static final Sizes SIZES = new Sizes(1, 32, 2, 1, 16, 32, 64);
    private static final Rotary WHOLE = new Rotary(Collections.nCopies(8, 0.1));
    private static final Rotary PART = new Rotary(Collections.nCopies(3, 0.1));
    private static final Pattern METHOD = Pattern.compile("^ {2}def (\\w+)\\(", Pattern.MULTILINE);

    private static DecoderSpec spec(Block block, Positions positions, Attention attention, boolean gated) {
        return new DecoderSpec(
                SIZES,
                Norm.rms(1e-5),
                attention,
                new Mlp(Activation.SILU, gated, false),
                block,
                Scales.NONE,
                new Output(false, false),
                List.of(new LayerKind(0, positions)),
                DecoderSpec.alike(1));
    }

    private static List<DecoderSpec> specs() {
        Attention plain = Attention.plain(SIZES.headSize());
        List<DecoderSpec> specs = new ArrayList<>();
        for (Block block : Block.values()) {
            specs.add(spec(block, WHOLE, plain, true));
        }
        specs.add(spec(Block.SEQUENTIAL, PART, plain, false));
        specs.add(spec(Block.SEQUENTIAL, Alibi.of(SIZES.heads(), 8, 1), plain, false));
        specs.add(spec(Block.SEQUENTIAL, WHOLE, plain.withSink(Sink.ZERO), true));
        specs.add(spec(Block.SEQUENTIAL, WHOLE, plain.withTrainedLength(9), true));
        specs.add(spec(Block.SEQUENTIAL, WHOLE, plain.withQueryKeyNorm(QueryKeyNorm.HEAD), true));
        return specs;
    }

    /** Those that tell more of scored tokens, and those that do not. */
    private static Stream<DecoderProgram> programs() {
        TokenDetails all = new TokenDetails(true, true, 2);
        // Too many for groups of this vocabulary.
        TokenDetails many = new TokenDetails(false, false, 3);
        return bare().flatMap(program -> Stream.of(program, program.detailed(all), program.detailed(many)));
    }

    private static Stream<DecoderProgram> bare() {
        List<DecoderProgram> programs = new ArrayList<>();
        for (DecoderSpec spec : specs()) {
            for (Products products : Products.values()) {
                boolean scaled = ProductsTest.held(products) == NumberType.INT8;
                NumberType held = scaled ? NumberType.INT8 : products.activations();
                for (NumberType cell : List.of(NumberType.FLOAT32, NumberType.BFLOAT16)) {
                    programs.add(new DecoderProgram(Hardware.CPU, spec, held, cell, products));
                    programs.add(new DecoderProgram(Hardware.CPU, spec, held, cell, products).deterministic());
                    if (products == Products.plain(held)) {
                        programs.add(new DecoderProgram(new Hardware(Device.gpu()), spec, held, cell, products));
                    }
                }
            }
        }
        return programs.stream();
    }

    @Test
    void eachTemplateIsAPartOfSomeProgram() throws IOException {
        Set<String> used = programs()
                .flatMap(program ->
                        Stream.of(ProgramFiles.Use.values()).flatMap(use -> program.files().all(use).stream()))
                .collect(Collectors.toCollection(TreeSet::new));

        Path folder = Path.of("src/main/resources/io/sinkstream/decoder");
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all.map(file -> file.getFileName().toString().replace(".torchscript", "")))
                    .containsExactlyInAnyOrderElementsOf(used);
        }
    }

    /** Two files with one method would be two ways in one program, of which the last would win. */
    @Test
    void noProgramHasAMethodTwice() {
        assertThat(programs().map(program -> program.forLimits().source()))
                .allSatisfy(source -> assertThat(methods(source))
                        .contains("forward", "products")
                        .doesNotHaveDuplicates());
        assertThat(programs().map(program -> program.forAttention().source()))
                .allSatisfy(source -> assertThat(methods(source))
                        .contains("forward", "looked")
                        .doesNotHaveDuplicates());
    }

    private static List<String> methods(String source) {
        List<String> methods = new ArrayList<>();
        for (Matcher method = METHOD.matcher(source); method.find(); ) {
            methods.add(method.group(1));
        }
        return methods;
    }
}
