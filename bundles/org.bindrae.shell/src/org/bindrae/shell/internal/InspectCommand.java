package org.bindrae.shell.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.bindrae.data.ComplexReader;
import org.bindrae.data.ComplexSource;
import org.bindrae.data.HeteroGroup;
import org.bindrae.data.LigandAtom;
import org.bindrae.data.LigandReader;
import org.bindrae.data.ResidueTable;
import org.bindrae.data.Sample;
import org.bindrae.data.SampleCache;
import org.bindrae.data.SamplePack;
import org.bindrae.data.Structure;
import org.bindrae.data.StructureReader;
import org.bindrae.geometry.ResidueConstants;
import org.bindrae.shell.Column;
import org.bindrae.shell.Console;
import org.bindrae.shell.ShellCommand;
import org.bindrae.shell.Subject;
import org.bindrae.shell.Table;
import org.bindrae.tensor.io.SafetensorsFile;
import org.bindrae.training.config.Configurations;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what a structure, a prepared sample, a packed file of them or a weights file holds. */
@Component(service = ShellCommand.class)
@GogoCommand(scope = ShellCommand.SCOPE, function = "inspect")
public final class InspectCommand extends ShellCommand<InspectCommand.Arguments> {
    private static final String ARRAYS = ".safetensors";
    private static final String SAMPLE = "bindrae-sample";
    private static final int LONGEST_VALUE = 100;

    private final Configurations configurations;

    @Activate
    public InspectCommand(@Reference Configurations configurations) {
        this.configurations = configurations;
    }

    @Command(name = "inspect",
            description = "Shows what a structure holds: chains, missing atoms, what can be a ligand, the pocket. Also prepared samples, packed or not, weights and other safetensors files.")
    static final class Arguments extends ShellCommand.ListingArguments {
        @Parameters(paramLabel = "FILE", description = "PDB, mmCIF, BinaryCIF (also gzipped), safetensors or packed samples")
        Path file;

        @Option(names = {"-l", "--ligand"}, paramLabel = "LIGAND", description = "SDF, MOL or MOL2 file, CHAIN:RES:NUMBER, or auto for the largest (default)")
        String ligand = LigandReader.AUTO;

        @Mixin
        ConfigOptions config;
    }

    @Override
    public Subject subject() {
        return Subject.DATA;
    }

    @Override
    protected Arguments arguments() {
        return new Arguments();
    }

    @Descriptor("shows what a structure, a prepared sample or a weights file holds")
    public Object inspect(CommandSession session, String... words) {
        return run(session, words);
    }

    @Override
    protected void execute(Arguments arguments, Console console) throws Exception {
        if (arguments.file.toString().endsWith(ARRAYS)) {
            arrays(arguments.file, console);
            return;
        }
        if (Files.isRegularFile(arguments.file) && SamplePack.isPack(arguments.file)) {
            pack(SamplePack.open(arguments.file), console);
            return;
        }
        Structure structure = StructureReader.read(arguments.file);
        chains(structure.residues(), console);
        groups(structure, console);
        sample(new ComplexReader(arguments.config.choose(configurations).config().preparation()).read(ComplexSource.of(arguments.file, arguments.ligand)),
                console);
    }

    private static void arrays(Path path, Console console) throws IOException {
        SafetensorsFile file = SafetensorsFile.read(path);
        if (SAMPLE.equals(file.metadata().get("format"))) {
            Path absolute = path.toAbsolutePath();
            String name = absolute.getFileName().toString();
            Sample sample = new SampleCache(absolute.getParent()).read(name.substring(0, name.length() - ARRAYS.length()));
            chains(sample.residues(), console);
            sample(sample, console);
            return;
        }
        Table arrays = new Table("array", "type", "shape");
        long bytes = 0;
        for (String name : file.names()) {
            arrays.row(name, file.dtype(name), file.shape(name));
            bytes += file.shape(name).size() * file.dtype(name).bytes();
        }
        console.print("arrays", arrays);
        Table metadata = new Table(Column.of("metadata"), Column.text("value"));
        file.metadata().forEach((key, value) -> metadata.row(key, value.length() > LONGEST_VALUE ? value.substring(0, LONGEST_VALUE) + "…" : value));
        console.print("metadata", metadata);
        console.put("bytes", bytes);
        console.println(String.format(Locale.ROOT, "%d arrays, %.1f MB", file.names().size(), bytes / 1e6));
    }

    private static void pack(SamplePack pack, Console console) throws IOException {
        long residues = 0;
        for (String id : pack.ids()) {
            residues += pack.entry(id).residues();
        }
        Table table = new Table("packed samples", "number");
        table.row("samples", pack.ids().size());
        table.row("residues", residues);
        table.row("bytes", Files.size(pack.path()));
        console.print("pack", table);
    }

    private static void chains(ResidueTable residues, Console console) {
        Map<String, int[]> counts = new LinkedHashMap<>();
        for (int i = 0; i < residues.size(); i++) {
            int[] count = counts.computeIfAbsent(residues.ids().get(i).chain(), chain -> new int[5]);
            int missing = missing(residues, i);
            count[0]++;
            count[1] += missing > 0 ? 1 : 0;
            count[2] += missing;
            count[3] += residues.types()[i] == ResidueConstants.UNKNOWN ? 1 : 0;
            count[4] += residues.breakBefore()[i] ? 1 : 0;
        }
        Table table = new Table("chain", "residues", "incomplete", "missing atoms", "unknown", "breaks");
        // the first residue of a chain follows nothing, which is no break
        counts.forEach((chain, c) -> table.row(chain.isBlank() ? "(blank)" : chain, c[0], c[1], c[2], c[3], Math.max(0, c[4] - 1)));
        console.print("chains", table);
    }

    private static int missing(ResidueTable residues, int residue) {
        int missing = 0;
        for (int slot = 0; slot < ResidueConstants.SLOTS; slot++) {
            boolean exists = ResidueConstants.exists(residues.types()[residue], slot);
            missing += exists && !residues.present()[residue * ResidueConstants.SLOTS + slot] ? 1 : 0;
        }
        return missing;
    }

    private static void groups(Structure structure, Console console) {
        List<HeteroGroup> groups = structure.heteroGroups();
        Table table = new Table("group", "kind", "heavy atoms");
        groups.forEach(group -> table.row(group, group.kind(), group.atoms().size()));
        if (table.isEmpty()) {
            console.println("no ligands, ions or solvent beside water\n");
        }
        console.print("groups", table);
    }

    private static void sample(Sample sample, Console console) {
        int pocket = 0;
        int near = 0;
        for (int i = 0; i < sample.residues().size(); i++) {
            pocket += sample.pocketWeight()[i] > Sample.POCKET ? 1 : 0;
            near += sample.ligandDistance()[i] <= Sample.NEAR ? 1 : 0;
        }
        List<LigandAtom> atoms = sample.ligand().atoms();
        Table table = new Table("ligand " + sample.ligand().name(), "number");
        table.row("heavy atoms", atoms.size());
        table.row("in rings", atoms.stream().filter(atom -> atom.smallestRing() > 0).count());
        table.row("aromatic", atoms.stream().filter(LigandAtom::aromatic).count());
        table.row("donors", atoms.stream().filter(LigandAtom::donor).count());
        table.row("acceptors", atoms.stream().filter(LigandAtom::acceptor).count());
        table.row("formal charge", atoms.stream().mapToInt(LigandAtom::charge).sum());
        table.row("tokens (atoms and direction probes)", sample.tokens().size());
        table.row("atoms of the surroundings", sample.surroundings().size());
        table.row("residues within 5 Å", near);
        table.row("residues of pocket weight over 0.5", pocket);
        console.print("ligand", table);
        console.put("notes", sample.notes());
        sample.notes().forEach(note -> console.println("note: " + note));
    }
}
