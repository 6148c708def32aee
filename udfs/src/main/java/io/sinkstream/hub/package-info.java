/**
 * Models that are not on this machine: the Hugging Face hub with its cache on disk, which Python's tools share, and folders of
 * other file systems, which are copied.
 *
 * @see <a href="https://huggingface.co/docs/huggingface_hub/guides/manage-cache">The cache's layout</a>
 */
package io.sinkstream.hub;
