package org.bindrae.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

import org.bindrae.geometry.Vec3;

/** All tokens of a ligand, before some are left out. */
final class TokenList {
    private static final int DONOR_OR_ACCEPTOR = 8;
    private static final int CHARGED = 4;
    private static final int AROMATIC = 2;
    private static final int HETERO = 1;

    private final List<Token> tokens = new ArrayList<>();

    private record Token(LigandAtom atom, Vec3 position, boolean isProbe) {
    }

    private TokenList(Ligand ligand) {
        for (LigandAtom atom : ligand.atoms()) {
            tokens.add(new Token(atom, atom.position(), false));
        }
        List<List<Vec3>> neighbours = neighbours(ligand);
        for (int i = 0; i < ligand.atoms().size(); i++) {
            LigandAtom atom = ligand.atoms().get(i);
            if (atom.donor() || atom.acceptor()) {
                for (Vec3 direction : ProbeDirections.of(atom.position(), neighbours.get(i))) {
                    tokens.add(new Token(atom, atom.position().plus(direction.times(LigandTokens.PROBE_DISTANCE)), true));
                }
            }
        }
    }

    static TokenList of(Ligand ligand) {
        return new TokenList(ligand);
    }

    int size() {
        return tokens.size();
    }

    LigandTokens tokens() {
        // sorting is stable: among equals atoms come before probes, as they do in the list
        int[] kept = IntStream.range(0, tokens.size()).boxed().sorted(Comparator.comparing(i -> -score(tokens.get(i).atom()))).limit(LigandTokens.LIMIT)
                .mapToInt(Integer::intValue).sorted().toArray();
        double[] positions = new double[3 * kept.length];
        float[] features = new float[LigandTokens.WIDTH * kept.length];
        for (int k = 0; k < kept.length; k++) {
            Token token = tokens.get(kept[k]);
            token.position().store(positions, k);
            store(token, features, LigandTokens.WIDTH * k);
        }
        return new LigandTokens(positions, features);
    }

    private static int score(LigandAtom atom) {
        return (atom.donor() || atom.acceptor() ? DONOR_OR_ACCEPTOR : 0) + (atom.charge() != 0 ? CHARGED : 0) + (atom.aromatic() ? AROMATIC : 0)
                + (atom.element().equals("C") ? 0 : HETERO);
    }

    private static void store(Token token, float[] features, int offset) {
        LigandAtom atom = token.atom();
        int element = ElementClass.of(atom.element()).ordinal();
        if (element < ElementClass.SINGLE) {
            features[offset + element] = 1;
        }
        boolean[] flags = {atom.aromatic(), atom.charge() > 0, atom.charge() < 0, atom.smallestRing() > 0, atom.smallestRing() > 0 && atom.smallestRing() <= 4,
                isFiveOrSix(atom.smallestRing()) || isFiveOrSix(atom.largestRing()), atom.largestRing() >= 7, atom.heavyDegree() == 1, atom.heavyDegree() == 2,
                atom.heavyDegree() >= 3, atom.heteroNeighbour(), token.isProbe()};
        for (int i = 0; i < flags.length; i++) {
            features[offset + ElementClass.SINGLE + i] = flags[i] ? 1 : 0;
        }
    }

    private static boolean isFiveOrSix(int ring) {
        return ring == 5 || ring == 6;
    }

    private static List<List<Vec3>> neighbours(Ligand ligand) {
        List<List<Vec3>> neighbours = new ArrayList<>();
        ligand.atoms().forEach(atom -> neighbours.add(new ArrayList<>()));
        for (Ligand.Bond bond : ligand.bonds()) {
            neighbours.get(bond.a()).add(ligand.atoms().get(bond.b()).position());
            neighbours.get(bond.b()).add(ligand.atoms().get(bond.a()).position());
        }
        return neighbours;
    }
}
