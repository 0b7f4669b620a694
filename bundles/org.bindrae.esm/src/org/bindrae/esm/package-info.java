/**
 * What the network knows of each residue before it sees the structure: embeddings by a language model, or features of the sequence, and the module that adapts
 * their width.
 */
package org.bindrae.esm;
