package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.settings.GenerationSettings;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ImplicitCastInputTypes;
import org.apache.spark.sql.catalyst.expressions.NamedExpression$;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.internal.types.StringTypeWithCollation;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * A call of a function in a query. It has no value of its own: {@link CallExtraction} makes it a column of {@link SinkCalls}.
 * Public, with a constructor of all its parts, since Spark copies expressions by reflection.
 */
public final class SinkCall extends Expression implements Unevaluable, ImplicitCastInputTypes, Serializable {
    private static final long serialVersionUID = 1;

    private final SinkFunction function;
    private final Expression text;
    private final CallTerms terms;

    /** A call with this text. */
    public SinkCall(SinkFunction function, Expression text, CallTerms terms) {
        this.function = function;
        this.text = text;
        this.terms = terms;
    }

    /** The call that these arguments say. Spark's AnalysisException says what is wrong with them. */
    static SinkCall of(SinkFunction function, Seq<Expression> given) {
        boolean isContinuation = function == SinkFunction.CONTINUE;
        List<String> own = isContinuation ? List.of("text", "n") : List.of("text");
        CallArguments arguments = new CallArguments(function.sqlName(), own, function.settings(), given);
        arguments.requireAtMost(own.size());
        Expression text = arguments.take(0, "text");
        if (text == null) {
            throw arguments.refusal("the argument text is missing");
        }
        Expression n = isContinuation ? arguments.take(1, "n") : null;
        return new SinkCall(function, text, terms(function, arguments, n));
    }

    /** @param n the most tokens of a continuation; null where none is given */
    private static CallTerms terms(SinkFunction function, CallArguments arguments, Expression n) {
        if (function != SinkFunction.CONTINUE) {
            return arguments.terms(Map.of(), KeyedOptions::scoring, "");
        }
        if (n == null) {
            return arguments.terms(Map.of(), KeyedOptions::continuing, "");
        }
        String most = arguments.constant("n", n);
        if (!most.matches("\\d{1,9}") || Integer.parseInt(most) < 1) {
            throw arguments.refusal("the argument n is " + most + "; allowed is a whole number of at least 1");
        }
        return arguments.terms(
                Map.of(GenerationSettings.MAX_NEW_TOKENS, most), KeyedOptions::continuing, ", " + n.sql());
    }

    SinkFunction function() {
        return function;
    }

    Expression text() {
        return text;
    }

    CallTerms terms() {
        return terms;
    }

    /** Whether one run of a text through the model gives both values. */
    boolean isSameRun(SinkCall other) {
        return terms.equals(other.terms) && text.canonicalized().equals(other.text.canonicalized());
    }

    /** A new column for its values. */
    Attribute column() {
        return new AttributeReference(
                prettyName(),
                dataType(),
                true,
                Metadata.empty(),
                NamedExpression$.MODULE$.newExprId(),
                Seqs.<String>of());
    }

    @Override
    public Seq<AbstractDataType> inputTypes() {
        return Seqs.of(List.<AbstractDataType>of(StringTypeWithCollation.apply(true, true, true)));
    }

    @Override
    public TypeCheckResult checkInputDataTypes() {
        return ImplicitCastInputTypes.super.checkInputDataTypes();
    }

    @Override
    public DataType dataType() {
        return function.dataType();
    }

    @Override
    public boolean nullable() {
        return true;
    }

    @Override
    public boolean nullIntolerant() {
        return true;
    }

    @Override
    public boolean foldable() {
        return false;
    }

    @Override
    public Object eval(InternalRow input) {
        throw Refusal.of(prettyName(), "it can be called where a query reads rows, and not here", null);
    }

    @Override
    public ExprCode doGenCode(CodegenContext context, ExprCode code) {
        throw Refusal.of(prettyName(), "it can be called where a query reads rows, and not here", null);
    }

    @Override
    public Seq<Expression> children() {
        return Seqs.of(text);
    }

    @Override
    public Expression withNewChildrenInternal(IndexedSeq<Expression> children) {
        return new SinkCall(function, children.apply(0), terms);
    }

    @Override
    public String prettyName() {
        return function.sqlName();
    }

    @Override
    public String sql() {
        return prettyName() + "(" + text.sql() + terms.shown() + ")";
    }

    @Override
    public String toString() {
        return prettyName() + "(" + text + terms.shown() + ")";
    }

    @Override
    public int productArity() {
        return 3;
    }

    @Override
    public Object productElement(int index) {
        return switch (index) {
            case 0 -> function;
            case 1 -> text;
            case 2 -> terms;
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof SinkCall;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SinkCall call
                && function == call.function
                && text.equals(call.text)
                && terms.equals(call.terms);
    }

    @Override
    public int hashCode() {
        return Objects.hash(function, text, terms);
    }
}
