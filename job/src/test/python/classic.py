"""What a user of PySpark does. PySparkIT compares the tables that come out; what is Python's own is checked here."""

import re
import sys
from pathlib import Path

import checks
from pyspark.errors import AnalysisException, IllegalArgumentException
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from sinkstream import StreamGenerator, StreamScorer

spark = SparkSession.builder.getOrCreate()
folder = Path(sys.argv[1])
documents = Path(sys.argv[2]).read_text(encoding="utf-8")
logs = checks.rows(spark, folder)
settings = {"dtype": "float32", "attentionSinkWindowSize": 60, "tokenNll": True}


def write(table, name):
    table.write.parquet(str(folder / name))


def refused(kind, message, call):
    told = checks.refused(kind, message, call)
    assert len(told.splitlines()) == 1 or kind is AnalysisException, told


def functions():
    write(checks.functions(logs), "functions")
    refused(AnalysisException, "sink_nll: the argument text is", lambda: logs.select(F.call_function("sink_nll")))
    refused(AnalysisException, "DATATYPE_MISMATCH", lambda: logs.select(F.call_function("sink_nll", F.array("id"))))
    refused(AnalysisException, "/no/such", lambda: logs.select(F.expr("sink_nll(text, model => '/no/such')")))
    refused(AnalysisException, "the argument n is 0", lambda: logs.select(F.expr("sink_continue(text, 0)")))


def tables():
    call = "sink_score(TABLE(logs) PARTITION BY host ORDER BY time, dtype => 'float32', token_nll => true,"
    write(spark.sql("SELECT * FROM " + call + " attention_sink_window_size => {size})", size=60), "table")
    refused(AnalysisException, "PARTITION BY is missing", lambda: spark.sql("SELECT * FROM sink_score(TABLE(logs))"))


def transformers():
    scorer = StreamScorer(keyCol="host", orderCol="time", **settings)
    write(scorer.transform(logs), "scorer")
    generator = StreamGenerator().setKeyCol("host").setOrderCol("time").setPrefix("x_")
    generator.setParams(dtype="float32", maxNewTokens=4)
    write(generator.transform(logs), "generator")
    assert generator.getKeyCol() == "host" and generator.getOrDefault("maxNewTokens") == "4"
    assert scorer.copy({scorer.prefix: "y_"}).transform(logs).columns[-1] == "y_token_nll"
    assert scorer.transform(logs).columns[-1] == "token_nll" and not scorer.isSet("prefix")
    assert "temperature" in generator.explainParams() and not scorer.hasParam("temperature")


def saved():
    scorer = StreamScorer(keyCol="host", orderCol="time", **settings)
    scorer.save(str(folder / "saved-scorer"))
    loaded = StreamScorer.load(str(folder / "saved-scorer"))
    assert loaded.uid == scorer.uid and loaded.extractParamMap() == scorer.extractParamMap(), loaded.extractParamMap()
    surprise = SQLTransformer(statement="SELECT *, nll / tokens AS surprise FROM __THIS__")
    model = Pipeline(stages=[loaded, surprise]).fit(logs)
    model.write().save(str(folder / "python-pipeline"))
    again = PipelineModel.load(str(folder / "python-pipeline"))
    assert type(again.stages[0]) is StreamScorer and again.stages[0].getKeyCol() == "host"
    write(again.transform(logs), "python-pipeline-scored")
    write(PipelineModel.load(str(folder / "java-pipeline")).transform(logs), "java-pipeline-scored")


def endless():
    stream = spark.readStream.schema(logs.schema).json(str(folder / "in"))
    scorer = StreamScorer(keyCol="host", orderCol="time", checkpoint=str(folder / "checkpoint"), **settings)
    query = scorer.writeStream(stream, "parquet").trigger(availableNow=True).start(str(folder / "stream"))
    query.awaitTermination()
    assert query.exception() is None


def refusals():
    refused(
        TypeError,
        "StreamScorer: there is no param attentionSinkSise; the nearest is attentionSinkSize",
        lambda: StreamScorer(attentionSinkSise=4),
    )
    refused(TypeError, 'param "stop"', lambda: StreamGenerator(stop=["a", "b"]))
    refused(TypeError, "forces keyword arguments", lambda: StreamScorer("builtin"))
    for message, params in {
        "--key: there is no column hots": {"keyCol": "hots"},
        "/no/such": {"model": "/no/such"},
        '--late: "never"': {"late": "never"},
        '--attention-sink-size: "-1"': {"attentionSinkSize": -1},
        "--idle is for a streaming table": {"idle": "1h"},
    }.items():
        scorer = StreamScorer(keyCol="host", orderCol="time").setParams(**params)
        refused(IllegalArgumentException, message, lambda: scorer.transform(logs))
    stream = spark.readStream.schema(logs.schema).json(str(folder / "in"))
    scorer = StreamScorer(keyCol="host", orderCol="time")
    refused(IllegalArgumentException, "--checkpoint is missing", lambda: scorer.writeStream(stream, "parquet"))


def snippets():
    """The documents', in their order, each where the one before it ended."""
    found = re.findall(r"```python\n(.*?)```", documents, re.DOTALL)
    assert found
    there = {"spark": spark}
    for snippet in found:
        exec(compile(snippet, "documents", "exec"), there)
    there["query"].processAllAvailable()
    there["query"].stop()
    assert spark.read.json("scored").count() == 1


for each in (functions, tables, transformers, saved, endless, refusals, snippets):
    print(each.__name__, flush=True)
    each()
spark.stop()
