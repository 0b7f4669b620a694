package org.bindrae.training.prediction;

import java.util.Locale;

import org.bindrae.data.ResidueTable;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.geometry.Vec3;

/** Residues as a PDB file. */
final class PdbText {
    private PdbText() {
    }

    static String of(ResidueTable table, double[] atom14, boolean[] present) {
        StringBuilder text = new StringBuilder();
        int serial = 1;
        for (int i = 0; i < table.size(); i++) {
            for (int slot = 0; slot < ResidueConstants.atoms(table.types()[i]).size(); slot++) {
                if (present[i * ResidueConstants.SLOTS + slot]) {
                    String name = ResidueConstants.atoms(table.types()[i]).get(slot);
                    Vec3 place = Vec3.at(atom14, i * ResidueConstants.SLOTS + slot);
                    text.append(String.format(Locale.ROOT, "ATOM  %5d  %-3s %3s %1s%4d    %8.3f%8.3f%8.3f  1.00 20.00          %2s%n", serial++, name,
                            ResidueConstants.code(table.types()[i]), table.ids().get(i).chain(), table.ids().get(i).number(), place.x(), place.y(), place.z(),
                            name.substring(0, 1)));
                }
            }
        }
        return text.append("END\n").toString();
    }

    static String of(ResidueTable table) {
        return of(table, table.atom14(), table.present());
    }
}
