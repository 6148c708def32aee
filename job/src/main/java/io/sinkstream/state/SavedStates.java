package io.sinkstream.state;

import io.sinkstream.rows.StreamEnd;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * Tables of streams' states, by which one run goes on where another ended: a row a stream, with what the state belongs to.
 */
public final class SavedStates {
    static final StructType SCHEMA = StructType.fromDDL(
            "key STRING, state BINARY, model STRING, tokenizer STRING, sinks INT, window INT, order_type STRING");

    /** Earlier versions did not write it. */
    private static final String ORDER_TYPE = "order_type";

    private SavedStates() {}

    /** The states that an earlier run wrote. */
    public static Dataset<Row> read(SparkSession spark, String path) throws AnalysisException {
        return spark.read().parquet(path);
    }

    /** Makes the states of a batch run. */
    public static EndState endState(ModelOptions options) {
        return new OwnedState(StreamHead.owner(StreamModel.fingerprint(options), options.sinks(), options.window()));
    }

    private record OwnedState(long owner) implements EndState {
        @Override
        public byte[] bytes(StreamEnd end) {
            return SavedStream.of(end, owner);
        }

        @Override
        public byte[] behind(byte[] state, long predicted, double nll) {
            return SavedStream.behind(state, predicted, nll, owner);
        }
    }

    /**
     * The table of a batch run's states, from its rows with {@link EndState#COLUMN}.
     *
     * @param orderType the kind of its order's column
     */
    public static Dataset<Row> ofRun(Dataset<Row> scored, Column key, String orderType, ModelOptions options) {
        return scored.where(functions.col(EndState.COLUMN).isNotNull())
                .select(
                        key.as("key"),
                        functions.col(EndState.COLUMN).as("state"),
                        functions.lit(StreamModel.fingerprint(options)).as("model"),
                        functions.lit(StreamModel.tokenizerFingerprint(options)).as("tokenizer"),
                        functions.lit(options.sinks()).as("sinks"),
                        functions.lit(options.window()).as("window"),
                        functions.lit(orderType).as(ORDER_TYPE));
    }

    /**
     * The commands that begin a checkpoint with these states: as they are, if they belong to the options' model, S and R, or
     * else anew from their tokens.
     *
     * @param contract of the checkpoint
     * @throws UserException if the table is none of states, or one is of another tokenizer, or of rows that were ordered by
     *     values that can't be compared with those to come
     */
    public static Dataset<Row> commands(Dataset<Row> saved, ModelOptions options, StreamContract contract) {
        List<String> found = List.of(saved.schema().fieldNames());
        List<String> expected = List.of(SCHEMA.fieldNames());
        if (!found.equals(expected) && !found.equals(expected.subList(0, expected.indexOf(ORDER_TYPE)))) {
            throw new UserException(StreamSettings.INITIAL_STATE + ": has the columns "
                    + String.join(", ", saved.schema().fieldNames()) + "; expected those that score "
                    + StreamSettings.SAVE_STATE
                    + " writes: " + String.join(", ", SCHEMA.fieldNames()));
        }
        String tokenizer = StreamModel.tokenizerFingerprint(options);
        if (!saved.where(functions.col("tokenizer").notEqual(tokenizer)).isEmpty()) {
            throw new UserException(StreamSettings.INITIAL_STATE + ": streams are of another tokenizer than "
                    + options.model() + "; their tokens mean nothing to it");
        }
        if (found.contains(ORDER_TYPE)) {
            saved.where(functions.col(ORDER_TYPE).notEqual(contract.orderType()))
                    .limit(1)
                    .collectAsList()
                    .forEach(stream -> {
                        throw new UserException(StreamSettings.INITIAL_STATE + ": its streams go by an order of type "
                                + stream.getAs(ORDER_TYPE) + ", and " + Settings.ORDER + " "
                                + contract.term(Settings.ORDER) + " is of type " + contract.orderType()
                                + ", which can't be compared; give it the type that it had");
                    });
        }
        Column isSame = functions
                .col("model")
                .equalTo(StreamModel.fingerprint(options))
                .and(functions.col("sinks").equalTo(options.sinks()))
                .and(functions.col("window").equalTo(options.window()));
        return saved.select(
                functions.col("key"),
                functions
                        .when(isSame, StreamCommand.RESTORE.name())
                        .otherwise(StreamCommand.RERUN.name())
                        .as("command"),
                functions.col("state"));
    }
}
