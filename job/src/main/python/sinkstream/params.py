"""The transformers' params, with the docs of their settings. PythonParamsTest has the right ones."""

from pyspark.ml.param import Param, Params

from sinkstream.settings import text


class StreamParams(Params):
    """What both transformers have."""

    model: Param[str] = Param(
        Params._dummy(),
        "model",
        "The checkpoint, in Hugging Face's layout (config.json, safetensors and, for text, "
        "tokenizer.json): a folder on the driver and on every executor; or one of another file system, "
        "hdfs:// or s3a://, which each machine copies once; or a Hugging Face name, org/name, which each "
        "finds in its local cache or downloads; or builtin, the small one in the jar, which knows logs of "
        "Spark, Kafka, Maven and the JVM.",
        typeConverter=text,
    )

    revision: Param[str] = Param(
        Params._dummy(),
        "revision",
        "The branch, tag or commit of a model that is a Hugging Face name; without it main. The driver "
        "looks up once which commit that is, and executors take that.",
        typeConverter=text,
    )

    attentionSinkSize: Param[str] = Param(
        Params._dummy(),
        "attentionSinkSize",
        "How many tokens of a stream's start are kept for ever. 0 is plain window attention.",
        typeConverter=text,
    )

    attentionSinkWindowSize: Param[str] = Param(
        Params._dummy(),
        "attentionSinkWindowSize",
        "How many of the most recent tokens are kept.",
        typeConverter=text,
    )

    dtype: Param[str] = Param(
        Params._dummy(),
        "dtype",
        "The number type of the weights. auto is bfloat16 on a GPU and for a checkpoint that is stored in "
        "it, else float32; int8 has a scale for each output and is made while loading. speed takes "
        "several, joined by commas. train keeps weights in float32 and computes products in it or in "
        "bfloat16; auto is the faster there.",
        typeConverter=text,
    )

    cacheDtype: Param[str] = Param(
        Params._dummy(),
        "cacheDtype",
        "The number type of the caches' keys and values. auto is float32 beside weights in float32, else "
        "bfloat16: half the memory, and as much less for single tokens to read.",
        typeConverter=text,
    )

    device: Param[str] = Param(
        Params._dummy(),
        "device",
        "The device that the model runs on. auto is a GPU if libtorch can use one there, else the "
        "processor. Of several GPUs it is the one that Spark has assigned to the task "
        "(spark.task.resource.gpu.amount), or the first.",
        typeConverter=text,
    )

    weightMemory: Param[str] = Param(
        Params._dummy(),
        "weightMemory",
        "The most memory that copies of the weights may take on one executor: bytes, with k, m or g, or a "
        "share of its machine's memory. With room for it the weights are kept in the form that is the "
        "fastest for single tokens and in the one that is the fastest for chunks. bfloat16 and int8 take "
        "one copy in any case, and on a GPU there is one and nothing to choose.",
        typeConverter=text,
    )

    deterministic: Param[str] = Param(
        Params._dummy(),
        "deterministic",
        "Makes a row's numbers, to the last bit, depend on nothing but its stream's tokens: not on what "
        "else is in a pass, chunks, partitions, threads, retries or rebuilt caches, on processors of one "
        "kind and in one version. It takes longer. A model is tried when it is loaded, and refused where "
        "the processor's libraries do not give that; auto is the processor then.",
        typeConverter=text,
    )

    chunkTokens: Param[str] = Param(
        Params._dummy(),
        "chunkTokens",
        "The most tokens of one stream that one pass through the model takes. It changes the speed and not "
        "the numbers.",
        typeConverter=text,
    )

    passTokens: Param[str] = Param(
        Params._dummy(),
        "passTokens",
        "The most tokens of all streams together that one pass through the model takes. It changes the "
        "speed and not the numbers.",
        typeConverter=text,
    )

    cacheMemory: Param[str] = Param(
        Params._dummy(),
        "cacheMemory",
        "The budget of all streams' caches together on one executor: bytes, with k, m or g, or a share of "
        "its machine's memory, on a GPU of the GPU's. A stream whose cache had to go is rebuilt from its "
        "tokens.",
        typeConverter=text,
    )

    keyCol: Param[str] = Param(
        Params._dummy(),
        "keyCol",
        "The column that says which stream a row belongs to. Without it every input file is a stream.",
        typeConverter=text,
    )

    orderCol: Param[str] = Param(
        Params._dummy(),
        "orderCol",
        "The column that orders a stream's rows, ascending: numbers as numbers, text as text; or several, "
        "joined by commas, of which a later one decides where those before it are equal. Without it rows "
        "of files are taken in the files' order.",
        typeConverter=text,
    )

    inputCol: Param[str] = Param(
        Params._dummy(),
        "inputCol",
        "The column of the text. Without it and without --tokens: value for the format text, else text.",
        typeConverter=text,
    )

    tokensCol: Param[str] = Param(
        Params._dummy(),
        "tokensCol",
        "A column of token ids (an array of whole numbers) in place of a text; nothing is added to them.",
        typeConverter=text,
    )

    late: Param[str] = Param(
        Params._dummy(),
        "late",
        "What becomes of a row whose order is at or below its stream's last: it comes out with an error, "
        "is dropped and counted, or is scored as it comes.",
        typeConverter=text,
    )

    maxRowBytes: Param[str] = Param(
        Params._dummy(),
        "maxRowBytes",
        "The most bytes of UTF-8 that a row's text and separator may have; a longer row comes out with an "
        "error.",
        typeConverter=text,
    )

    prefix: Param[str] = Param(
        Params._dummy(),
        "prefix",
        "What the names of the added columns start with; needed where the input has one of the names "
        "already.",
        typeConverter=text,
    )

    partitions: Param[str] = Param(
        Params._dummy(),
        "partitions",
        "Over how many tasks the streams are spread. auto is four for each task that can run at a time; "
        "for stream one, and on a cluster at least 8, fixed with its checkpoint. It changes the speed and "
        "not the numbers.",
        typeConverter=text,
    )

    checkpoint: Param[str] = Param(
        Params._dummy(),
        "checkpoint",
        "Where an endless stream keeps its place in the input and the state of every key. Started again "
        "with the same, it goes on where it was.",
        typeConverter=text,
    )

    history: Param[str] = Param(
        Params._dummy(),
        "history",
        "How many of a stream's tokens are kept to rebuild a lost cache from. exact are the last L x R "
        "(layers times window), which give the same numbers; bounded:M are the last M x R, less state and "
        "less to run again, for numbers that differ a little after each rebuild.",
        typeConverter=text,
    )

    idle: Param[str] = Param(
        Params._dummy(),
        "idle",
        "How long a stream without rows is remembered, such as 12h; it is forgotten with a later "
        "micro-batch, at most a quarter of that too late. Without it every stream is remembered for ever.",
        typeConverter=text,
    )

    eventTime: Param[str] = Param(
        Params._dummy(),
        "eventTime",
        "A timestamp column that says when a row happened. With it --idle is measured by the watermark and "
        "not by the cluster's clock.",
        typeConverter=text,
    )

    watermark: Param[str] = Param(
        Params._dummy(),
        "watermark",
        "How far the watermark is behind the latest event time. No row is left out for being behind it.",
        typeConverter=text,
    )


class ScorerParams(StreamParams):
    """What scoring has."""

    separator: Param[str] = Param(
        Params._dummy(),
        "separator",
        "What follows each row's text in its stream; \\n and \\t are a newline and a tab. May be empty.",
        typeConverter=text,
    )

    tokenNll: Param[str] = Param(
        Params._dummy(),
        "tokenNll",
        "Adds token_nll: the negative log-likelihood of every token of the row, in nats.",
        typeConverter=text,
    )

    tokenRank: Param[str] = Param(
        Params._dummy(),
        "tokenRank",
        "Adds token_rank: how many tokens were likelier than the one that came, and one more, for every "
        "token of the row.",
        typeConverter=text,
    )

    topLogprobs: Param[str] = Param(
        Params._dummy(),
        "topLogprobs",
        "Adds top_logprobs: so many of the likeliest tokens in the place of every token of the row, with "
        "their log-probabilities in nats. 0 adds nothing.",
        typeConverter=text,
    )

    entropy: Param[str] = Param(
        Params._dummy(),
        "entropy",
        "Adds token_entropy: the entropy of the model's prediction of every token of the row, in nats.",
        typeConverter=text,
    )

    calibrate: Param[str] = Param(
        Params._dummy(),
        "calibrate",
        "A file of --calibration-output. Adds p_value: of n ordinary rows of a row's kind, the share (1 + "
        "those at least as surprising) / (n + 1).",
        typeConverter=text,
    )

    alarmRate: Param[str] = Param(
        Params._dummy(),
        "alarmRate",
        "Adds odd: whether p_value is at most this share. Of ordinary rows no more than it are odd, on "
        "average and as long as they can't be told from the calibrated ones. Needs --calibrate.",
        typeConverter=text,
    )

    oddBy: Param[str] = Param(
        Params._dummy(),
        "oddBy",
        "How surprising a row is: the mean NLL of its tokens; that and a quarter of the largest; the "
        "largest; their mean over that of their stream so far; the NLL of the first three; the share of "
        "tokens that were not among the nine likeliest; or the mean NLL over the entropy of the "
        "predictions. The last two have the model look at its logits once more. The same for "
        "--calibration-output and --calibrate.",
        typeConverter=text,
    )

    kind: Param[str] = Param(
        Params._dummy(),
        "kind",
        "The column that says of which kind a row is: it is compared with ordinary rows of its own kind "
        "alone. It may be the key's. Without it all rows are of one kind. The same for "
        "--calibration-output and --calibrate.",
        typeConverter=text,
    )


class GeneratorParams(StreamParams):
    """What continuing has."""

    maxNewTokens: Param[str] = Param(
        Params._dummy(),
        "maxNewTokens",
        "The most tokens of a row's continuation.",
        typeConverter=text,
    )

    ignoreEos: Param[str] = Param(
        Params._dummy(),
        "ignoreEos",
        "Lets a continuation run on past the model's end-of-sequence token, to its most tokens.",
        typeConverter=text,
    )

    lookupTokens: Param[str] = Param(
        Params._dummy(),
        "lookupTokens",
        "Where a stream repeats itself: the most tokens that are looked up in its sinks and window, behind "
        "the same tokens as those at its end, and run at once. Those that would have been chosen one by "
        "one stay, so the continuation is the same, and comes faster. A stream where they seldom do "
        "proposes fewer, and none for a while. 0 for none.",
        typeConverter=text,
    )

    template: Param[str] = Param(
        Params._dummy(),
        "template",
        "What a row's text is put into before it is continued: {text} stands for it, \\n and \\t are a "
        "newline and a tab. Such as \"USER: {text}\\n\\nASSISTANT: \".",
        typeConverter=text,
    )

    chat: Param[str] = Param(
        Params._dummy(),
        "chat",
        "Puts each row's text into the checkpoint's own chat template, as transformers renders it: the row "
        "is a turn of the user, its continuation the model's answer. Instead of --template.",
        typeConverter=text,
    )

    doSample: Param[str] = Param(
        Params._dummy(),
        "doSample",
        "Draws each token by chance, where otherwise the likeliest is taken: the same one for the same "
        "--seed, key and place in the stream. If it is not given, do_sample of the checkpoint's "
        "generation_config.json decides; --do-sample=false is greedy in any case. Defaults of the options "
        "that follow are that file's too, where it has them.",
        typeConverter=text,
    )

    temperature: Param[str] = Param(
        Params._dummy(),
        "temperature",
        "With --do-sample: what logits are divided by. Below 1 likely tokens become likelier. Without it 1.",
        typeConverter=text,
    )

    topK: Param[str] = Param(
        Params._dummy(),
        "topK",
        "With --do-sample: how many of the likeliest tokens can come; 0 for all. With --penalty-alpha: how "
        "many are tried. Without it 50.",
        typeConverter=text,
    )

    penaltyAlpha: Param[str] = Param(
        Params._dummy(),
        "penaltyAlpha",
        "Contrastive search, without --do-sample and with --top-k above 1: each of the K likeliest tokens "
        "is run, and the one comes with the highest (1 - SHARE) x probability - SHARE x similarity, the "
        "largest cosine of its last hidden state with those of the sinks and the window. Costs K times two "
        "rows a token, and a rebuilt cache takes R tokens more. Without it 0, none.",
        typeConverter=text,
    )

    topP: Param[str] = Param(
        Params._dummy(),
        "topP",
        "With --do-sample: the likeliest tokens can come, up to this share of the probability. Without it "
        "1, all.",
        typeConverter=text,
    )

    minP: Param[str] = Param(
        Params._dummy(),
        "minP",
        "With --do-sample: what a token's probability must be of the likeliest one's. Without it 0.",
        typeConverter=text,
    )

    typicalP: Param[str] = Param(
        Params._dummy(),
        "typicalP",
        "With --do-sample: the tokens can come whose surprise is nearest to the expected one, up to this "
        "share of the probability. Without it 1, all.",
        typeConverter=text,
    )

    repetitionPenalty: Param[str] = Param(
        Params._dummy(),
        "repetitionPenalty",
        "transformers' penalty for tokens that are in the stream's sinks or window, whoever wrote them: "
        "positive logits are divided by it, others multiplied. Without it 1, none.",
        typeConverter=text,
    )

    noRepeatNgramSize: Param[str] = Param(
        Params._dummy(),
        "noRepeatNgramSize",
        "No sequence of so many tokens comes that is in the stream's sinks or window already. Without it "
        "0, no such ban.",
        typeConverter=text,
    )

    badWordsIds: Param[str] = Param(
        Params._dummy(),
        "badWordsIds",
        "Sequences of token ids that never come: 12,7;99 is the token 7 after 12, and the token 99.",
        typeConverter=text,
    )

    minNewTokens: Param[str] = Param(
        Params._dummy(),
        "minNewTokens",
        "How many tokens a continuation has before the model's end-of-sequence token can come. Without it "
        "0.",
        typeConverter=text,
    )

    suppressTokens: Param[str] = Param(
        Params._dummy(),
        "suppressTokens",
        "Token ids that never come, joined by commas.",
        typeConverter=text,
    )

    frequencyPenalty: Param[str] = Param(
        Params._dummy(),
        "frequencyPenalty",
        "OpenAI's penalty: taken off a token's logit for each time that the token is in the stream's sinks "
        "or window. Unlike --repetition-penalty it grows with the count.",
        typeConverter=text,
    )

    presencePenalty: Param[str] = Param(
        Params._dummy(),
        "presencePenalty",
        "OpenAI's penalty: taken off a token's logit once if the token is in the stream's sinks or window.",
        typeConverter=text,
    )

    logitBias: Param[str] = Param(
        Params._dummy(),
        "logitBias",
        "OpenAI's bias: what is added to a token's logit before anything else, from -100 to 100.",
        typeConverter=text,
    )

    stop: Param[str] = Param(
        Params._dummy(),
        "stop",
        "A text that ends a continuation; as often as wanted; \\n and \\t are a newline and a tab. The "
        "column continuation ends before it; the tokens that were drawn, those of the stop text among "
        "them, stay in the stream.",
        typeConverter=text,
    )

    stopTokenIds: Param[str] = Param(
        Params._dummy(),
        "stopTokenIds",
        "Token ids that end a continuation, joined by commas. The token stays in the stream; its text is "
        "left out.",
        typeConverter=text,
    )

    seed: Param[str] = Param(
        Params._dummy(),
        "seed",
        "What all that is drawn begins with: a continuation's tokens; StreamEval's numbers; in a training "
        "the first weights, the samples' order and those for validation.",
        typeConverter=text,
    )
