/** FlashIPA on an NVIDIA graphics card: memory linear in the number of residues, any sizes and ranks. */
package org.bindrae.attention.cuda;
