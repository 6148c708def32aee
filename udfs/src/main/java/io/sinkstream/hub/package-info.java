/**
 * The Hugging Face hub: its cache on disk, which Python's tools share, and what is downloaded into it.
 *
 * @see <a href="https://huggingface.co/docs/huggingface_hub/guides/manage-cache">The cache's layout</a>
 */
package io.sinkstream.hub;
