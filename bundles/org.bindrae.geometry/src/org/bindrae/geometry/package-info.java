/** Residue constants, rigid frames, torsions, kinematics, superposition, neighbour search; differentiable geometric operations. */
package org.bindrae.geometry;
