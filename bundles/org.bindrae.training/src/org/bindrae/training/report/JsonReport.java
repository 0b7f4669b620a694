package org.bindrae.training.report;

import java.util.List;
import java.util.Map;

import org.bindrae.data.ResidueId;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.training.evaluation.BackboneDeviation;
import org.bindrae.training.evaluation.Calibration;
import org.bindrae.training.evaluation.Clashes;
import org.bindrae.training.evaluation.EvaluationReport;
import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;
import org.bindrae.training.evaluation.MethodReport;
import org.bindrae.training.evaluation.Metrics;
import org.bindrae.training.evaluation.Score;
import org.bindrae.training.evaluation.StructureResult;
import org.bindrae.training.evaluation.Subset;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** An evaluation as JSON. Fractions are 0 to 1, angles degrees, lengths Å; null where there is nothing. */
final class JsonReport {
    private static final String FORMAT = "bindrae-evaluation";
    private static final int VERSION = 1;
    private static final JsonMapper JSON = new JsonMapper();

    private JsonReport() {
    }

    static String of(EvaluationReport report) {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT).put("version", VERSION);
        ObjectNode provenance = root.putObject("provenance");
        report.provenance().forEach(provenance::put);
        root.put("dataHash", report.dataHash()).put("draws", report.bootstrap().draws()).put("seed", report.bootstrap().seed());
        ObjectNode failures = root.putObject("failures");
        report.failures().forEach(failures::put);
        clashes(root.putObject("trueClashes"), report.trueClashes());
        ArrayNode methods = root.putArray("methods");
        report.methods().forEach(method -> method(methods.addObject(), report, method));
        ArrayNode differences = root.putArray("differences");
        for (MethodReport other : report.methods().subList(1, report.methods().size())) {
            difference(differences.addObject(), report, other);
        }
        structures(root.putArray("structures"), report);
        return root.toPrettyString() + "\n";
    }

    private static void method(ObjectNode node, EvaluationReport report, MethodReport method) {
        Metrics metrics = method.metrics();
        node.put("name", method.name());
        ObjectNode groups = node.putObject("residues");
        for (Subset subset : Subset.values()) {
            ObjectNode group = groups.putObject(subset.key());
            group.put("n", metrics.residues(subset));
            for (Measure measure : Measure.values()) {
                score(group, measure.key(), metrics.score(measure, subset), report.interval(method, measure, subset));
            }
        }
        ObjectNode types = node.putObject("types");
        for (int type : Metrics.flexibleTypes()) {
            ObjectNode one = types.putObject(ResidueConstants.code(type));
            one.put("n", metrics.residuesOfType(type));
            for (Measure measure : Measure.values()) {
                score(one, measure.key(), metrics.score(measure, Subset.ALL, type), Interval.UNKNOWN);
            }
        }
        clashes(node.putObject("clashes"), metrics.clashes());
        backbone(node.putObject("backbone"), metrics.backbone());
        calibration(node.putObject("calibration"), metrics.calibration());
        ObjectNode missing = node.putObject("notPredicted");
        for (Map.Entry<String, List<ResidueId>> entry : method.missing().entrySet()) {
            ArrayNode ids = missing.putArray(entry.getKey());
            entry.getValue().forEach(id -> ids.add(id.toString()));
        }
        ArrayNode notes = node.putArray("notes");
        method.notes().forEach(notes::add);
    }

    private static void score(ObjectNode node, String name, Score score, Interval interval) {
        ObjectNode entry = node.putObject(name);
        number(entry, "value", score.value());
        entry.put("n", score.count());
        if (interval.isKnown()) {
            number(entry, "low", interval.low());
            number(entry, "high", interval.high());
        }
    }

    private static void difference(ObjectNode node, EvaluationReport report, MethodReport other) {
        MethodReport first = report.methods().getFirst();
        node.put("method", first.name()).put("minus", other.name());
        ObjectNode groups = node.putObject("residues");
        for (Subset subset : Subset.values()) {
            ObjectNode group = groups.putObject(subset.key());
            for (Measure measure : Measure.values()) {
                Score score = first.metrics().score(measure, subset);
                double value = score.value() - other.metrics().score(measure, subset).value();
                score(group, measure.key(), new Score(value, score.count()), report.advantage(other, measure, subset));
            }
        }
    }

    private static void clashes(ObjectNode node, Clashes clashes) {
        node.put("protein", clashes.protein()).put("ligand", clashes.ligand()).put("atoms", clashes.atoms());
        number(node, "proteinPerThousandAtoms", clashes.proteinPerThousand());
        number(node, "ligandPerThousandAtoms", clashes.ligandPerThousand());
    }

    private static void backbone(ObjectNode node, BackboneDeviation backbone) {
        number(node, "fape", backbone.fape());
        node.put("frames", backbone.frames());
        number(node, "pocketInterfaceRmsd", backbone.interfaceRmsd());
        node.put("pocketAtoms", backbone.interfaceAtoms());
        number(node, "largestShift", backbone.largestShift());
    }

    private static void calibration(ObjectNode node, Calibration calibration) {
        node.put("n", calibration.count());
        number(node, "expectedError", calibration.error());
        ArrayNode bins = node.putArray("bins");
        for (Calibration.Bin bin : calibration.bins()) {
            ObjectNode entry = bins.addObject();
            number(entry, "from", bin.from());
            number(entry, "to", bin.to());
            entry.put("n", bin.count());
            number(entry, "confidence", bin.confidence());
            number(entry, "right", bin.right());
        }
    }

    private static void structures(ArrayNode node, EvaluationReport report) {
        for (int s = 0; s < report.structures().size(); s++) {
            EvaluationReport.StructureFacts facts = report.structures().get(s);
            ObjectNode entry = node.addObject();
            entry.put("id", facts.sample()).put("hash", facts.hash()).put("residues", facts.residues()).put("flexible", facts.flexible())
                    .put("comparable", facts.comparable())
                    .put("compared", facts.compared());
            clashes(entry.putObject("trueClashes"), facts.clashes());
            ObjectNode methods = entry.putObject("methods");
            for (MethodReport method : report.methods()) {
                StructureResult result = method.metrics().structures().get(s);
                Metrics alone = new Metrics(List.of(result));
                ObjectNode one = methods.putObject(method.name());
                for (Subset subset : List.of(Subset.ALL, Subset.POCKET)) {
                    for (Measure measure : List.of(Measure.CHI1_20, Measure.CHI12_20, Measure.RMSD)) {
                        score(one, subset.key() + "_" + measure.key(), alone.score(measure, subset), Interval.UNKNOWN);
                    }
                }
                clashes(one.putObject("clashes"), result.clashes());
                backbone(one.putObject("backbone"), result.backbone());
            }
        }
    }

    /** To six decimals, so that nothing depends on the last bits. */
    private static void number(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, Math.rint(value * 1e6) / 1e6);
        } else {
            node.putNull(name);
        }
    }
}
