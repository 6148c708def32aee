"""What a thin client of Spark Connect can do, which has no Spark and no JVM. PySparkIT compares what comes out."""

import sys
from pathlib import Path

import checks
import pyspark
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

assert not (Path(pyspark.__file__).parent / "jars").exists(), pyspark.__file__
spark = SparkSession.builder.remote(sys.argv[1]).getOrCreate()
folder = Path(sys.argv[2])
logs = checks.rows(spark, folder)


def write(table, name):
    table.write.parquet(str(folder / name))


def functions():
    write(checks.functions(logs), "connect-functions")
    checks.refused(AnalysisException, "/no/such", lambda: logs.select(F.expr("sink_nll(text, model => '/no/such')")).schema)


def tables():
    write(
        spark.sql(
            "SELECT * FROM sink_score(TABLE(logs) PARTITION BY host ORDER BY time, dtype => 'float32',"
            " token_nll => true, attention_sink_window_size => 60)"
        ),
        "connect-table",
    )


def transformers():
    from sinkstream import StreamScorer

    scorer = StreamScorer(keyCol="host", orderCol="time", dtype="float32", attentionSinkWindowSize=60, tokenNll=True)
    write(scorer.transform(logs), "connect-scorer")
    scorer.save(str(folder / "connect-saved"))
    loaded = StreamScorer.load(str(folder / "connect-saved"))
    assert loaded.uid == scorer.uid and loaded.extractParamMap() == scorer.extractParamMap(), loaded.extractParamMap()
    assert loaded.transform(logs).columns[-1] == "token_nll"
    checks.refused(NotImplementedError, "classic PySpark", lambda: scorer.writeStream(logs, "parquet"))
    checks.refused(Exception, "--key: there is no column hots", lambda: scorer.setKeyCol("hots").transform(logs).schema)


def endless():
    stream = spark.readStream.schema(logs.schema).json(str(folder / "in"))
    scored = stream.select("id", F.call_function("sink_tokens", "text").alias("tokens"))
    query = (
        scored.writeStream.format("parquet")
        .option("checkpointLocation", str(folder / "connect-checkpoint"))
        .trigger(availableNow=True)
        .start(str(folder / "connect-stream"))
    )
    query.awaitTermination()
    assert spark.read.parquet(str(folder / "connect-stream")).where("tokens > 0").count() == 3


for each in (functions, tables, transformers, endless):
    print(each.__name__, flush=True)
    each()
spark.stop()
