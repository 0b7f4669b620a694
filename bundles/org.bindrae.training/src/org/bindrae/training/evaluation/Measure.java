package org.bindrae.training.evaluation;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.RotamerWell;

/** What is measured on a residue. A metric is the mean of a measure over all residues of a group that have it, whatever structure or batch they come from. */
public enum Measure {
    CHI1_20("χ1 within 20°", Unit.FRACTION, r -> within(r, 20, 0)),
    CHI2_20("χ2 within 20°", Unit.FRACTION, r -> within(r, 20, 1)),
    CHI3_20("χ3 within 20°", Unit.FRACTION, r -> within(r, 20, 2)),
    CHI4_20("χ4 within 20°", Unit.FRACTION, r -> within(r, 20, 3)),
    CHI1_40("χ1 within 40°", Unit.FRACTION, r -> within(r, 40, 0)),
    CHI2_40("χ2 within 40°", Unit.FRACTION, r -> within(r, 40, 1)),
    CHI3_40("χ3 within 40°", Unit.FRACTION, r -> within(r, 40, 2)),
    CHI4_40("χ4 within 40°", Unit.FRACTION, r -> within(r, 40, 3)),
    /** Residues with both angles. */
    CHI12_20("χ1 and χ2 within 20°", Unit.FRACTION, r -> within(r, 20, 0, 1)),
    /** Residues with both angles. */
    CHI12_40("χ1 and χ2 within 40°", Unit.FRACTION, r -> within(r, 40, 0, 1)),
    /** Residues whose χ are all known. */
    ALL_CHI_20("all χ within 20°", Unit.FRACTION, Measure::allWithin20),
    /** Whether χ1 lies in the right {@link RotamerWell}. */
    ROTAMER("χ1 rotamer", Unit.FRACTION, Measure::rotamer),
    CHI1_ERROR("mean error of χ1", Unit.DEGREES, r -> r.errors()[0]),
    CHI2_ERROR("mean error of χ2", Unit.DEGREES, r -> r.errors()[1]),
    CHI3_ERROR("mean error of χ3", Unit.DEGREES, r -> r.errors()[2]),
    CHI4_ERROR("mean error of χ4", Unit.DEGREES, r -> r.errors()[3]),
    /** Mean of {@link ResidueResult#rmsd()}. */
    RMSD("side-chain RMSD", Unit.ANGSTROM, ResidueResult::rmsd);

    /** What numbers mean. */
    public enum Unit {
        /** 0 to 1; people see percent. */
        FRACTION,
        DEGREES,
        ANGSTROM
    }

    private final String label;
    private final Unit unit;
    private final ToDoubleFunction<ResidueResult> value;

    Measure(String label, Unit unit, ToDoubleFunction<ResidueResult> value) {
        this.label = label;
        this.unit = unit;
        this.value = value;
    }

    /** For people. */
    public String label() {
        return label;
    }

    public Unit unit() {
        return unit;
    }

    /** Name in files: lower case. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The value of a residue, NaN when it has none. */
    public double of(ResidueResult residue) {
        return value.applyAsDouble(residue);
    }

    private static double within(ResidueResult residue, double limit, int... chis) {
        double right = 1;
        for (int chi : chis) {
            double error = residue.errors()[chi];
            if (Double.isNaN(error)) {
                return Double.NaN;
            }
            right = error <= limit ? right : 0;
        }
        return right;
    }

    private static double allWithin20(ResidueResult residue) {
        int count = ResidueConstants.chiCount(residue.truth().type());
        int[] chis = new int[count];
        for (int chi = 0; chi < count; chi++) {
            chis[chi] = chi;
        }
        return within(residue, 20, chis);
    }

    private static double rotamer(ResidueResult residue) {
        double predicted = residue.chi()[0];
        boolean right = !Double.isNaN(predicted) && RotamerWell.of(Math.toRadians(residue.truth().chi()[0])) == RotamerWell.of(Math.toRadians(predicted));
        return right ? 1 : 0;
    }
}
