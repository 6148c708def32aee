"""The transformers of io.sinkstream.ml as pyspark.ml has its own."""

from difflib import get_close_matches
from typing import Any, Callable, Dict

from pyspark import keyword_only
from pyspark.errors import IllegalArgumentException
from pyspark.ml.util import JavaMLReadable, JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer
from pyspark.sql import DataFrame
from pyspark.sql.utils import is_remote

from sinkstream.params import GeneratorParams, ScorerParams

_PACKAGE = "io.sinkstream.ml"
_REFUSAL = "io.sinkstream.settings.UserException"


def _told(call: Callable[[], Any]) -> Any:
    """What the call returns. A refusal of Java's, which is one line, is raised as an IllegalArgumentException."""
    if is_remote():
        return call()
    from py4j.protocol import Py4JJavaError

    try:
        return call()
    except Py4JJavaError as error:
        if error.java_exception.getClass().getName() == _REFUSAL:
            raise IllegalArgumentException(error.java_exception.getMessage()) from None
        raise


class _StreamTransformer(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """Keyed text streams as a transformer. A param that is not set is as ``spark.sinkstream.*`` says, or the default."""

    def __init__(self, params: Dict[str, Any]):
        super().__init__()
        java_class = _PACKAGE + "." + type(self).__name__
        try:
            self._java_obj = self._new_java_obj(java_class, self.uid)
        except TypeError as error:
            if "JavaPackage" not in str(error):
                raise
            raise RuntimeError(
                java_class + ": the driver has no such class; start Spark with spark.jars=.../sinkstream.jar"
            ) from None
        self._set_known(params)

    def _set_known(self, params: Dict[str, Any]) -> Any:
        names = [param.name for param in self.params]
        for name in params:
            if name not in names:
                nearest = (get_close_matches(name, names, 1, 0) or names)[0]
                raise TypeError("%s: there is no param %s; the nearest is %s" % (type(self).__name__, name, nearest))
        return self._set(**{name: value for name, value in params.items() if value is not None})

    def setModel(self, value: str) -> Any:
        """The checkpoint: a folder, or a name in the local Hugging Face cache; or ``builtin``."""
        return self._set(model=value)

    def getModel(self) -> str:
        """The checkpoint that was set."""
        return self.getOrDefault(self.model)

    def setKeyCol(self, value: str) -> Any:
        """The column that says which stream a row belongs to."""
        return self._set(keyCol=value)

    def getKeyCol(self) -> str:
        """The key's column."""
        return self.getOrDefault(self.keyCol)

    def setOrderCol(self, value: str) -> Any:
        """The column that orders a stream's rows."""
        return self._set(orderCol=value)

    def getOrderCol(self) -> str:
        """The order's column."""
        return self.getOrDefault(self.orderCol)

    def setInputCol(self, value: str) -> Any:
        """The column of the text; ``text`` if none is given."""
        return self._set(inputCol=value)

    def getInputCol(self) -> str:
        """The text's column."""
        return self.getOrDefault(self.inputCol)

    def setPrefix(self, value: str) -> Any:
        """What the added columns' names start with."""
        return self._set(prefix=value)

    def getPrefix(self) -> str:
        """What the added columns' names start with."""
        return self.getOrDefault(self.prefix)

    def setCheckpoint(self, value: str) -> Any:
        """Where an endless stream keeps its state: the same as the writer's ``checkpointLocation``."""
        return self._set(checkpoint=value)

    def getCheckpoint(self) -> str:
        """Where an endless stream keeps its state."""
        return self.getOrDefault(self.checkpoint)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        return _told(lambda: super(_StreamTransformer, self)._transform(dataset))

    def writeStream(self, dataset: DataFrame, format: str) -> Any:
        """A DataStreamWriter of a streaming table's rows with their results, for the query of ``setCheckpoint``.

        As ``transform(dataset).writeStream.format(format)``, but a driver that is killed between the sink's commit and
        the query's leaves a checkpoint that goes on.
        """
        if is_remote():
            raise NotImplementedError(
                "a stream's state needs a session of its own, which Spark Connect's server does not give; run the query from"
                " classic PySpark (no --remote), or score tables with transform"
            )
        from pyspark.sql.streaming import DataStreamWriter

        self._transfer_params_to_java()
        writer = DataStreamWriter(dataset)
        writer._jwrite = _told(lambda: self._java_obj.writeStream(dataset._jdf, format))
        return writer


class StreamScorer(_StreamTransformer, ScorerParams):
    """Scores keyed text streams: how well a model predicts each row from its stream before it.

    To the table come the columns ``tokens``, ``nll`` (nats), ``perplexity``, ``bits_per_byte``, ``stream_tokens``,
    ``stream_perplexity`` and ``error``. All params are keywords; ``explainParams()`` tells of each.
    """

    __module__ = _PACKAGE

    @keyword_only
    def __init__(self, **params: Any):
        super().__init__(self._input_kwargs)

    @keyword_only
    def setParams(self, **params: Any) -> "StreamScorer":
        """Sets params by their names."""
        return self._set_known(self._input_kwargs)


class StreamGenerator(_StreamTransformer, GeneratorParams):
    """Continues keyed text streams: each row is a turn, and its continuation becomes part of the stream.

    To the table come the columns ``continuation``, ``continuation_tokens``, ``finish_reason``, ``nll`` (nats),
    ``stream_tokens`` and ``error``. All params are keywords; ``explainParams()`` tells of each.
    """

    __module__ = _PACKAGE

    @keyword_only
    def __init__(self, **params: Any):
        super().__init__(self._input_kwargs)

    @keyword_only
    def setParams(self, **params: Any) -> "StreamGenerator":
        """Sets params by their names."""
        return self._set_known(self._input_kwargs)
