/** What the network knows about pairs of residues: the edge embeddings of flash_ipa. */
package org.bindrae.edge;
