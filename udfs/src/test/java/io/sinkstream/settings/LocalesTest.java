package io.sinkstream.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalesTest {
    @ParameterizedTest
    @CsvSource({
        "ANSI_X3.4-1968, \uFFFD\uFFFD.log, true",
        "ISO-8859-1, a\uFFFDb, true",
        "none-such, \uFFFD, true",
        "ANSI_X3.4-1968, plain.log, false",
        // Somebody means it.
        "UTF-8, a\uFFFDb, false",
    })
    void aTextThatTheLocaleCanNotExpressIsNoticed(String encoding, String text, boolean isCut) {
        assertThat(Locales.isCut(text, encoding)).isEqualTo(isCut);
    }
}
