package org.bindrae.data.ligand.internal;

import org.bindrae.geometry.Vec3;
import org.openscience.cdk.atomtype.CDKAtomTypeMatcher;
import org.openscience.cdk.config.Elements;
import org.openscience.cdk.interfaces.IAtom;
import org.openscience.cdk.interfaces.IAtomContainer;
import org.openscience.cdk.interfaces.IChemObjectBuilder;
import org.openscience.cdk.silent.SilentChemObjectBuilder;
import org.openscience.cdk.tools.CDKHydrogenAdder;
import org.openscience.cdk.tools.LoggingToolFactory;

import javax.vecmath.Point3d;

/**
 * The one way into CDK: silent, and with its tables loaded before the first threads meet in them. To be used before any other class of CDK, which takes its
 * logger when it is loaded.
 */
final class Cdk {
    static final IChemObjectBuilder BUILDER;

    static {
        LoggingToolFactory.setLoggingToolClass(SilentLog.class);
        BUILDER = SilentChemObjectBuilder.getInstance();
        CDKAtomTypeMatcher.getInstance(BUILDER);
        CDKHydrogenAdder.getInstance(BUILDER);
    }

    private Cdk() {
    }

    static IAtomContainer newMolecule() {
        return BUILDER.newAtomContainer();
    }

    /**
     * A plain atom.
     *
     * @param symbol of the element in any case; an unknown one gives an atom without element
     * @param name kept as the atom's identifier
     */
    static IAtom newAtom(String symbol, String name, Vec3 position) {
        IAtom atom = BUILDER.newAtom();
        Elements element = Elements.ofString(symbol);
        atom.setAtomicNumber(element.number());
        atom.setSymbol(element == Elements.Unknown ? "R" : element.symbol());
        atom.setID(name);
        atom.setPoint3d(new Point3d(position.x(), position.y(), position.z()));
        return atom;
    }

    static Vec3 position(IAtom atom) {
        Point3d point = atom.getPoint3d();
        return new Vec3(point.x, point.y, point.z);
    }

    static int number(IAtom atom) {
        return atom.getAtomicNumber() == null ? 0 : atom.getAtomicNumber();
    }

    static int charge(IAtom atom) {
        return atom.getFormalCharge() == null ? 0 : atom.getFormalCharge();
    }

    static boolean isHydrogen(IAtom atom) {
        return number(atom) == 1;
    }
}
