package org.bindrae.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.bindrae.data.Batch;
import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.Sample;
import org.bindrae.geometry.BondGraph;
import org.bindrae.geometry.CellGrid;
import org.bindrae.geometry.ClashSystem;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.ResidueConstants.Bond;
import org.bindrae.geometry.Vec3;
import org.bindrae.tensor.Packing;

/**
 * The {@link ClashSystem} of protein–ligand complexes: bonds of residues, of the backbone, disulfides, within the ligand, and between protein and a covalent
 * ligand.
 */
public final class ComplexClashes {
    /** Heavy atoms of protein and ligand nearer than this in the true structure are bonded, Å: no contact without a bond is as short. */
    private static final double COVALENT = 2.1;

    private ComplexClashes() {
    }

    /**
     * In the coordinates of the batch.
     *
     * @param counted which protein atoms take part [T, 14]
     */
    public static ClashSystem of(Batch batch, boolean[] counted) {
        List<Sample> samples = batch.samples();
        Packing ligands = Packing.ofLengths(samples.stream().mapToInt(s -> s.ligand().atoms().size()).toArray());
        double[] positions = new double[3 * ligands.total()];
        double[] radii = new double[ligands.total()];
        List<Bond> bonds = new ArrayList<>(BondGraph.disulfides(batch.types(), batch.atom14(), batch.present(), batch.residues()));
        for (int s = 0; s < samples.size(); s++) {
            int first = ligands.start(s);
            int number = counted.length + first;
            int a = first;
            for (LigandAtom atom : samples.get(s).ligand().atoms()) {
                atom.position().minus(Vec3.at(batch.origins(), s)).store(positions, a);
                radii[a++] = ResidueConstants.vanDerWaalsRadius(atom.element());
            }
            for (Ligand.Bond bond : samples.get(s).ligand().bonds()) {
                bonds.add(new Bond(number + bond.a(), number + bond.b()));
            }
            addCovalent(batch, s, positions, ligands, bonds);
        }
        BondGraph graph = BondGraph.of(batch.types(), batch.breakBefore(), batch.residues(), ligands.total(), bonds);
        return new ClashSystem(batch.residues(), counted, ClashSystem.radii(batch.types()), ligands, positions, radii, graph);
    }

    private static void addCovalent(Batch batch, int sample, double[] ligandPositions, Packing ligands, List<Bond> bonds) {
        if (ligands.length(sample) == 0) {
            return;
        }
        int from = batch.residues().start(sample) * ResidueConstants.SLOTS;
        int to = batch.residues().end(sample) * ResidueConstants.SLOTS;
        double[] known = Arrays.copyOfRange(batch.atom14(), 3 * from, 3 * to);
        for (int a = from; a < to; a++) {
            if (!batch.present()[a]) {
                known[3 * (a - from)] = Double.NaN;
            }
        }
        CellGrid grid = new CellGrid(known, 0, to - from, 2 * COVALENT);
        for (int l = ligands.start(sample); l < ligands.end(sample); l++) {
            int ligandAtom = batch.present().length + l;
            grid.forEachWithin(ligandPositions[3 * l], ligandPositions[3 * l + 1], ligandPositions[3 * l + 2], COVALENT,
                    (place, squared) -> bonds.add(new Bond(from + place, ligandAtom)));
        }
    }
}
