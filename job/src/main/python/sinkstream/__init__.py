"""Streaming language models over endless keyed text: sinkstream's transformers of Spark ML.

All work is done by Java on the executors, which need no Python. Spark's driver has to have sinkstream.jar
(``spark.jars``), and this package (``--py-files sinkstream-python.zip``).

    from sinkstream import StreamScorer

    scored = StreamScorer(keyCol="host", orderCol="time", attentionSinkWindowSize=252).transform(rows)
"""

import sys

# When it saves and loads, pyspark.ml takes the name of a stage's Java class for that of its Python class, and the other
# way round.
sys.modules["io.sinkstream.ml"] = sys.modules[__name__]

from sinkstream.transformers import StreamGenerator, StreamScorer  # noqa: E402

__all__ = ["StreamGenerator", "StreamScorer"]
