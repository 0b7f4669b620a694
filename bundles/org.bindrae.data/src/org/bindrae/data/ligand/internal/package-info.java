/** Molecules as CDK understands them, and the ligands made of them. */
package org.bindrae.data.ligand.internal;
