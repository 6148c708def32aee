/** A Hugging Face checkpoint on disk: config, safetensors (memory-mapped) and tokenizer. */
package io.sinkstream.checkpoint;
