/** The Stage-1 network: from embeddings, backbone frames and a bound ligand to torsions, rotamers, frames and atoms. */
package org.bindrae.stage1;
