package org.bindrae.training.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.bindrae.data.Ligand;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.ProgressListener;
import org.bindrae.data.ResidueId;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.evaluation.Evaluation;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.TestProtein;
import org.bindrae.training.prediction.Prediction;
import org.bindrae.training.prediction.PredictionMethod;

/** An evaluation in which every text that users can choose tries to break out of its place. */
final class HostileEvaluation {
    static final String EVIL = "</title><script>alert('&\"1')</script>,\"x\n\u202E\u0000";
    private static final String[] CODES = {"SER", "LEU", "PHE", "ARG", "ASP", "MET"};

    private HostileEvaluation() {
    }

    private record Guess(String name, double turn) implements PredictionMethod {
        @Override
        public List<Prediction> predict(List<Sample> samples) {
            List<Prediction> predictions = new ArrayList<>();
            for (Sample sample : samples) {
                TestProtein protein = TestProtein.uneven(CODES);
                for (int i = 0; i < CODES.length; i++) {
                    protein.chi(i, -60 + i * turn, -60 - turn);
                }
                Prediction prediction = protein.predictionOf(sample);
                prediction.predicted()[5] = turn > 0;
                predictions.add(prediction);
            }
            return predictions;
        }

        @Override
        public List<String> notes() {
            return List.of(EVIL);
        }
    }

    private static Sample sample(String id) throws IOException {
        if (id.startsWith("bad")) {
            throw new IOException(EVIL);
        }
        Sample plain = TestProtein.uneven(CODES).sample(id);
        ResidueTable table = plain.residues();
        List<ResidueId> ids = new ArrayList<>();
        for (int i = 0; i < table.size(); i++) {
            ids.add(new ResidueId(i % 2 == 0 ? "A" : EVIL, i, "<"));
        }
        ResidueTable renamed = new ResidueTable(ids, table.names().stream().map(name -> EVIL).toList(), table.types(), table.atom14(), table.present(),
                table.breakBefore());
        List<LigandAtom> atoms = new ArrayList<>();
        for (String element : List.of("C", "N", "<b>", "Cl")) {
            atoms.add(new LigandAtom(EVIL, element, new Vec3(6 + atoms.size(), 0.3 * atoms.size() * atoms.size(), 2 * atoms.size()), 0, false, 0, 0, 1, false,
                    false, false));
        }
        Ligand ligand = new Ligand(EVIL, atoms, List.of(new Ligand.Bond(0, 1, 1), new Ligand.Bond(1, 2, 2)));
        return new Sample(id, renamed, ligand, plain.tokens(), new double[] {3, 4, 4.5, 5, 9, 12}, new double[] {1, 0.8, 0.6, 0.1, 0, 0}, List.of(), "");
    }

    static EvaluationReport report() {
        Map<String, String> provenance = new LinkedHashMap<>();
        provenance.put(EVIL, EVIL);
        return new Evaluation(List.of(new Guess(EVIL, 7), new Guess("other", 0)), new Evaluation.Settings(1, 50, 2)).run(
                List.of("a" + EVIL, "b", "c", "bad" + EVIL), HostileEvaluation::sample, provenance, ProgressListener.NONE);
    }

    static ReportOptions options() {
        LossCurves.Value value = new LossCurves.Value(1, 2);
        LossCurves.Value later = new LossCurves.Value(5, 1);
        return new ReportOptions(EVIL, null, new LossCurves(List.of(value, later), List.of(later), List.of(new LossCurves.Value(5, 0.5))));
    }
}
