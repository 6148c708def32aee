package io.sinkstream.decoder;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The next tokens of the rows of a pass that have a chooser. Logits are edited and the likeliest found where the model runs;
 * only those are copied. Whoever needs more of them is asked again with all.
 */
final class TokenDraw {
    private final LoadedProgram program;
    private final Scope scope;
    private final PtNDArray hidden;
    private final int vocabulary;

    /** @param hidden the rows before the last product, [choosers, hidden size] */
    TokenDraw(LoadedProgram program, Scope scope, PtNDArray hidden, int vocabulary) {
        this.program = program;
        this.scope = scope;
        this.hidden = hidden;
        this.vocabulary = vocabulary;
    }

    /** A token that was chosen, and its NLL under the model, nats; -1 and 0 if none was left. */
    record Drawn(int token, double nll) {}

    /** What each chooser chooses, in their order, which is that of the rows. */
    List<Drawn> draw(List<TokenChooser> choosers) {
        Drawn[] drawn = new Drawn[choosers.size()];
        List<Integer> left = IntStream.range(0, drawn.length).boxed().toList();
        int most = 1;
        for (TokenChooser chooser : choosers) {
            most = Math.max(most, chooser.candidates());
        }
        while (!left.isEmpty()) {
            most = Math.min(most, vocabulary);
            List<Candidates> found = candidates(choosers, left, most);
            List<Integer> undecided = new ArrayList<>();
            for (int i = 0; i < left.size(); i++) {
                Candidates candidates = found.get(i);
                int place = choosers.get(left.get(i)).choose(candidates);
                if (place == TokenChooser.NONE) {
                    drawn[left.get(i)] = new Drawn(-1, 0);
                } else if (place != TokenChooser.MORE) {
                    drawn[left.get(i)] =
                            new Drawn(candidates.tokens()[place], candidates.nll()[place]);
                } else if (candidates.isWhole()) {
                    throw new IllegalStateException("a chooser takes none of all " + vocabulary + " tokens");
                } else {
                    undecided.add(left.get(i));
                }
            }
            left = undecided;
            // The product for the row is made again: once is enough.
            most = vocabulary;
        }
        return List.of(drawn);
    }

    private List<Candidates> candidates(List<TokenChooser> choosers, List<Integer> rows, int most) {
        List<LogitEdits> edits =
                rows.stream().map(row -> choosers.get(row).edits()).toList();
        int count = edits.stream().mapToInt(edit -> edit.tokens().length).sum();
        long[] starts = new long[rows.size() + 1];
        long[] places = new long[count];
        float[] changes = new float[3 * count];
        float[] heat = new float[rows.size()];
        int at = 0;
        for (int i = 0; i < rows.size(); i++) {
            LogitEdits edit = edits.get(i);
            int size = edit.tokens().length;
            for (int j = 0; j < size; j++) {
                places[at + j] = (long) i * vocabulary + edit.tokens()[j];
            }
            System.arraycopy(edit.biases(), 0, changes, at, size);
            System.arraycopy(edit.penalties(), 0, changes, count + at, size);
            System.arraycopy(edit.losses(), 0, changes, 2 * count + at, size);
            at += size;
            starts[i + 1] = at;
            heat[i] = (float) choosers.get(rows.get(i)).temperature();
        }
        IValue result = scope.own(program.run(
                "draw",
                program.weights(),
                scope.own(IValue.from(hidden)),
                scope.tensor(rows.stream().mapToLong(Integer::longValue).toArray(), new Shape(rows.size())),
                scope.own(IValue.listFrom(starts)),
                scope.tensor(places, new Shape(count)),
                scope.tensor(changes, new Shape(3, count)),
                scope.tensor(heat, new Shape(heat.length)),
                scope.number(most)));
        return read(result.toTensor(scope.manager()).toDoubleArray(), rows.size(), most);
    }

    /** Log-sums, then all logits, tokens and NLLs, row by row. */
    private List<Candidates> read(double[] numbers, int rows, int most) {
        List<Candidates> all = new ArrayList<>(rows);
        int size = rows * most;
        for (int i = 0; i < rows; i++) {
            int from = rows + i * most;
            double[] ids = Arrays.copyOfRange(numbers, from + size, from + size + most);
            all.add(new Candidates(
                    Arrays.stream(ids).mapToInt(id -> (int) id).toArray(),
                    Arrays.copyOfRange(numbers, from, from + most),
                    Arrays.copyOfRange(numbers, from + 2 * size, from + 2 * size + most),
                    numbers[i],
                    most == vocabulary));
        }
        return all;
    }
}
