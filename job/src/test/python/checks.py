"""What PySpark is asked in either of its ways: the rows, the functions, and what is refused."""

from pyspark.sql import functions as F


def rows(spark, folder):
    logs = spark.read.schema("id INT, host STRING, time INT, text STRING").json(str(folder / "in"))
    logs.createOrReplaceTempView("logs")
    return logs


def functions(logs):
    return logs.select(
        "id",
        F.call_function("sink_tokens", "text").alias("tokens"),
        F.call_function("sink_nll", F.col("text")).alias("nll"),
        F.expr("sink_nll(upper(text), attention_sink_window_size => 9)").alias("upper"),
    )


def refused(kind, message, call):
    """The error that a call has to end with, as a text."""
    try:
        call()
    except kind as error:
        assert message in str(error), error
        return str(error)
    raise AssertionError("not refused: " + message)
