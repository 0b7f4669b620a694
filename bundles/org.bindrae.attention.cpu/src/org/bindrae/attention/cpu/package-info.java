/** FlashIPA on the CPU: tiled attention with memory linear in the number of residues. */
package org.bindrae.attention.cpu;
