"""Runs paragraphs of a note on the JVM that started this, as Zeppelin does: a line of JSON each, and one back."""

import contextlib
import io
import json
import os
import sys
import traceback

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

gateway = launch_gateway()
context = gateway.entry_point.context()
sc = SparkContext(gateway=gateway, jsc=context, conf=SparkConf(_jvm=gateway.jvm, _jconf=context.getConf()))
names = {"sc": sc, "spark": SparkSession(sc, gateway.entry_point.session())}

for line in sys.stdin:
    printed = io.StringIO()
    result = {}
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(json.loads(line)["code"], "paragraph", "exec"), names)
    except BaseException:
        result["error"] = traceback.format_exc()
    result["printed"] = printed.getvalue()
    print(json.dumps(result), flush=True)
# The context is the JVM's, which goes on.
os._exit(0)
