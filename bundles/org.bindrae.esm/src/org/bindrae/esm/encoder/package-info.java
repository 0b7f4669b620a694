/** The ESM-2 protein language model (Lin et al. 2023) on the tensors of any device, from weights in the layout of Hugging Face. */
package org.bindrae.esm.encoder;
