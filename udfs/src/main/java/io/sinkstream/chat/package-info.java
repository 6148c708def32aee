/**
 * A checkpoint's chat template, rendered as transformers renders it: a small interpreter of Jinja that knows what is listed
 * here and nothing else of Java or the machine, which makes it a sandbox.
 */
package io.sinkstream.chat;
