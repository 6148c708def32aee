package io.sinkstream.tables;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.testing.TestSession;
import java.nio.ByteBuffer;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class KafkaRecordsTest {
    private static final StructType RECORD = StructType.fromDDL(
            "key BINARY, value BINARY, topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP");

    private static final StreamColumns COLUMNS = TableInput.columns("kafka", new StreamColumns(null, null, null, null));

    private static List<Row> keys(List<byte[]> keys) throws ParseException {
        List<Row> records = new ArrayList<>();
        for (byte[] key : keys) {
            records.add(
                    RowFactory.create(key, "text".getBytes(UTF_8), "t", 0, (long) records.size(), new Timestamp(0)));
        }
        Dataset<Row> rows = KafkaRecords.rows(TestSession.get().createDataFrame(records, RECORD), null);
        return rows.select(rows.col("key"), KeyedInput.key(rows, COLUMNS).as("stream"))
                .orderBy("offset")
                .collectAsList();
    }

    /** Longs, UUIDs and Avro are: from 128 to 131 all had the same text once. */
    @Test
    void keysThatAreNoUtf8StayApart() throws ParseException {
        List<Row> rows = keys(LongStream.range(126, 132)
                .mapToObj(key -> ByteBuffer.allocate(Long.BYTES).putLong(key).array())
                .toList());

        assertThat(rows.stream().map(row -> row.getString(0)).distinct()).hasSize(6);
        assertThat(rows).allSatisfy(row -> assertThat(row.getString(1)).isEqualTo(row.getString(0)));
        assertThat(rows.get(2).getString(0)).isEqualTo("\\x0000000000000080");
    }

    @Test
    void textsStayAsTheyAre() throws ParseException {
        List<byte[]> keys = new ArrayList<>();
        List.of("host-1", "", "журнал", "\\xFF").forEach(key -> keys.add(key.getBytes(UTF_8)));
        keys.add(new byte[] {(byte) 0xff});
        keys.add(null);

        assertThat(keys(keys).stream().map(row -> row.getString(0)))
                .containsExactly("host-1", "", "журнал", "\\x5C784646", "\\xFF", null);
    }
}
