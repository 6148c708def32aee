package io.sinkstream.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.SharedModels;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamUpdate;
import java.io.DataOutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * The model as a block: token ids in, their NLLs out. It has no parameters of DJL's, since the weights are the {@link StreamModel}'s,
 * which all blocks of the same options in this JVM share. The DJL model's manager lets go of it.
 */
final class StreamBlock extends AbstractBlock {
    private final SharedModels.Held held;
    private final ModelOptions options;

    private StreamBlock(SharedModels.Held held, ModelOptions options) {
        this.held = held;
        this.options = options;
    }

    /** Holds the model, which is loaded if it is not there, until {@code owner} is closed. */
    static StreamBlock open(ModelOptions options, NDManager owner) {
        SharedModels.Held held = SharedModels.hold(options);
        StreamBlock block = new StreamBlock(held, options);
        owner.attachInternal(NDManager.nextUid(), held::free);
        return block;
    }

    /**
     * The block of a model that {@link StreamBlockFactory} made.
     *
     * @throws UserException if it is another's
     */
    static StreamBlock of(Model model) {
        Block block = model.getBlock();
        if (block instanceof StreamBlock ours) {
            return ours;
        }
        throw new UserException(model.getName() + ": its block is "
                + block.getClass().getName() + "; expected is that of " + StreamBlockFactory.class.getName()
                + ", which blockFactory in " + ServingProperties.FILE + " names");
    }

    StreamModel model() {
        return held.model();
    }

    ModelOptions options() {
        return options;
    }

    /**
     * Runs streams from their start.
     *
     * @param inputs a stream's token ids each, one axis, int32 or int64; what begins a text (BOS) among them
     * @return -ln p of each token, nats, float32, in the same shapes; NaN for the first one, which nothing predicts
     */
    @Override
    protected NDList forwardInternal(
            ParameterStore parameters, NDList inputs, boolean training, PairList<String, Object> params) {
        if (training) {
            throw new UnsupportedOperationException("it is trained by the command train, and not here");
        }
        List<StreamUpdate> updates = inputs.stream()
                .map(ids -> StreamUpdate.score(null, model().start(), tokens(ids)))
                .toList();
        List<StreamResult> results = model().advance(updates);
        NDList numbers = new NDList();
        for (int i = 0; i < inputs.size(); i++) {
            double[] nll = results.get(i).advanced().nll();
            numbers.add(inputs.get(i).getManager().create(floats(nll)));
        }
        return numbers;
    }

    private static int[] tokens(NDArray ids) {
        boolean isLong = ids.getDataType() == DataType.INT64;
        if ((!isLong && ids.getDataType() != DataType.INT32) || ids.getShape().dimension() != 1) {
            throw new IllegalArgumentException("an input is " + ids.getDataType() + ids.getShape()
                    + "; allowed are token ids, int32 or int64, along one axis");
        }
        return isLong
                ? Arrays.stream(ids.toLongArray()).mapToInt(Math::toIntExact).toArray()
                : ids.toIntArray();
    }

    static float[] floats(double[] numbers) {
        float[] narrow = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            narrow[i] = (float) numbers[i];
        }
        return narrow;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
        return inputs;
    }

    /** Would write a file without a weight. */
    @Override
    public void saveParameters(DataOutputStream out) {
        throw new UnsupportedOperationException("the weights are those of the checkpoint " + options.model());
    }
}
