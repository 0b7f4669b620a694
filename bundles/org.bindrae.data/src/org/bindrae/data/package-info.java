/** Structures, ligands, the residue table, samples, data sets and splits. */
package org.bindrae.data;
