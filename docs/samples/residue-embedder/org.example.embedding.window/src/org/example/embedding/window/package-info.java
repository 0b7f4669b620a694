/** A source of residue embeddings for the BINDRAE Workbench, to start one's own from. */
package org.example.embedding.window;
