package io.sinkstream.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.stream.ModelOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @Test
    void everySettingHasOneNameADocAndADefaultThatPasses() {
        assertThat(Settings.all()).extracting(Setting::name).doesNotHaveDuplicates();
        for (Setting<?> setting : Settings.all()) {
            assertThat(setting.name()).matches("[a-z]+(-[a-z]+)*");
            assertThat(setting.doc()).as(setting.name()).endsWith(".");
            assertThat(setting.placeholder()).as(setting.name()).isNotBlank();
        }
        SettingValues defaults = SettingValues.of(Map.of());
        assertThat(defaults.require(Settings.SINKS)).isEqualTo(4);
        assertThat(defaults.require(Settings.WINDOW)).isEqualTo(1020);
        assertThat(defaults.require(Settings.SEPARATOR)).isEqualTo("\n");
        assertThat(defaults.require(Settings.MAX_ROW_BYTES)).isEqualTo(16L << 20);
        assertThat(defaults.require(Settings.LATE)).isEqualTo(LateRows.ERROR);
        assertThat(defaults.require(Settings.TOKEN_NLL)).isFalse();
        assertThat(defaults.require(Settings.CACHE_MEMORY).bytes()).isGreaterThan(1 << 20);
        assertThat(defaults.find(Settings.INPUT)).isEmpty();
    }

    @Test
    void defaultsAreTheLibrarysOwn() {
        SettingValues defaults = SettingValues.of(Map.of());
        ModelOptions library = ModelOptions.of(Path.of("model"));
        assertThat(defaults.require(Settings.SINKS)).isEqualTo(library.sinks());
        assertThat(defaults.require(Settings.WINDOW)).isEqualTo(library.window());
        assertThat(defaults.require(Settings.DTYPE))
                .containsExactly(library.compute().dtype());
        assertThat(defaults.require(Settings.DEVICE))
                .isEqualTo(library.compute().device());
        assertThat(defaults.require(Settings.CHUNK_TOKENS)).isEqualTo(library.chunk());
        assertThat(defaults.require(Settings.PASS_TOKENS)).isEqualTo(library.passTokens());
    }

    @Test
    void theCommandLineIsOverSparksConfigurationOverDefaults() {
        SettingValues values = SettingValues.resolve(
                Map.of("attention-sink-size", List.of("7")),
                Map.of(
                        "spark.sinkstream.attention.sink.size", "5",
                        "spark.sinkstream.attention.sink.window.size", "99",
                        "spark.master", "local"));
        assertThat(values.require(Settings.SINKS)).isEqualTo(7);
        assertThat(values.require(Settings.WINDOW)).isEqualTo(99);
        assertThat(values.require(Settings.LATE)).isEqualTo(LateRows.ERROR);
    }

    @Test
    void optionsOfASourceAreMergedEntryByEntry() {
        SettingValues values = SettingValues.resolve(
                Map.of("option", List.of("header=false", "sep=a=b")),
                Map.of("spark.sinkstream.option.header", "true", "spark.sinkstream.option.quote.mode", "x"));
        assertThat(values.require(Settings.OPTION))
                .containsOnly(Map.entry("header", "false"), Map.entry("sep", "a=b"), Map.entry("quote.mode", "x"));
    }

    @Test
    void anUnknownKeyIsRefusedWithTheNearestName() {
        assertThatThrownBy(() -> SettingValues.resolve(Map.of(), Map.of("spark.sinkstream.attention.sink.sise", "4")))
                .isInstanceOf(UserException.class)
                .hasMessage("spark.sinkstream.attention.sink.sise: there is no such setting; the nearest is"
                        + " spark.sinkstream.attention.sink.size");
        assertThatThrownBy(() -> SettingValues.of(Map.of("modell", "x")))
                .isInstanceOf(UserException.class)
                .hasMessage("--modell: there is no such setting; the nearest is --model");
        assertThatThrownBy(() -> SettingValues.resolve(Map.of(), Map.of("spark.sinkstream.option", "a=b")))
                .hasMessage("spark.sinkstream.option: there is no such setting; the nearest is"
                        + " spark.sinkstream.option.KEY");
    }

    @Test
    void aWrongValueInSparksConfigurationIsNamedByItsKey() {
        assertThatThrownBy(() -> SettingValues.resolve(Map.of(), Map.of("spark.sinkstream.late", "never")))
                .isInstanceOf(UserException.class)
                .hasMessage("spark.sinkstream.late: \"never\" is wrong; allowed is error, drop or score");
    }

    @Test
    void whatIsMissingIsAskedFor() {
        assertThatThrownBy(() -> SettingValues.of(Map.of()).require(StreamSettings.CHECKPOINT))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("--checkpoint is missing: give it, or set spark.sinkstream.checkpoint");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "attention-sink-size;-1;a whole number from 0 to 1048576",
                "attention-sink-size;four;a whole number from 0 to 1048576",
                "attention-sink-window-size;0;a whole number from 1 to 1048576",
                "attention-sink-window-size;1048577;a whole number from 1 to 1048576",
                "chunk-tokens;0;a whole number from 1 to 2147483647",
                "partitions;0;auto or a whole number from 1 to 2147483647",
                "token-nll;yes;true or false",
                "token-nll;TRUE;true or false",
                "overwrite;1;true or false",
                "late;Drop;error, drop or score",
                "dtype;float16;auto, float32, bfloat16 or int8",
                "device;tpu;auto, cpu or gpu",
                "max-row-bytes;0;a number of bytes above 0, such as 65536, 16m or 4g",
                "max-row-bytes;16x;a number of bytes above 0, such as 65536, 16m or 4g",
                "max-row-bytes;99999999999t;a number of bytes above 0, such as 65536, 16m or 4g",
                "cache-memory;101%;a number of bytes above 0, such as 4g, or 1% to 100% of the machine's memory",
                "separator;a\\b;text in which a backslash is followed by n, t, r or another backslash",
            })
    void aWrongValueIsNamedWithWhatIsAllowed(String name, String found, String allowed) {
        assertThatThrownBy(() -> SettingValues.of(Map.of(name, found)))
                .isInstanceOf(UserException.class)
                .hasMessage("--" + name + ": \"" + found + "\" is wrong; allowed is " + allowed);
    }

    @ParameterizedTest
    @CsvSource("cache-dtype,int8,'auto, float32 or bfloat16'")
    void whatIsPlannedIsToldApart(String name, String found, String allowed) {
        assertThatThrownBy(() -> SettingValues.of(Map.of(name, found)))
                .isInstanceOf(UserException.class)
                .hasMessage("--" + name + ": \"" + found + "\" is not supported yet; allowed is " + allowed);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "65536,65536", "16m,16777216", "16 MiB,16777216", "4G,4294967296", "1kb,1024", "10B,10"})
    void bytesTakeUnits(String text, long bytes) {
        assertThat(SettingValues.of(Map.of("max-row-bytes", text)).require(Settings.MAX_ROW_BYTES))
                .isEqualTo(bytes);
    }

    @Test
    void separatorsAreUnescapedAndMayBeEmpty() {
        assertThat(SettingValues.of(Map.of("separator", "\\t|\\n\\\\n")).require(Settings.SEPARATOR))
                .isEqualTo("\t|\n\\n");
        assertThat(SettingValues.of(Map.of("separator", "")).require(Settings.SEPARATOR))
                .isEmpty();
    }

    @Test
    void whatWasGivenIsToldFromADefault() {
        SettingValues values =
                SettingValues.resolve(Map.of("late", List.of("error")), Map.of("spark.sinkstream.separator", "|"));

        assertThat(values.isGiven(Settings.LATE)).isTrue();
        assertThat(values.isGiven(Settings.SEPARATOR)).isTrue();
        assertThat(values.isGiven(Settings.SINKS)).isFalse();
    }

    @Test
    void anEntryNeedsItsKey() {
        assertThatThrownBy(() -> SettingValues.of(Map.of("option", "header")))
                .hasMessage("--option: \"header\" is not of the form KEY=VALUE");
    }
}
